"""Rooms: the control log, chat, likes, questions, quizzes, moderation, direct messages."""

from livehub.base.migrations.sql import run

revision = "0003_rooms"
down_revision = "0002_base"


def upgrade() -> None:
    """Forward only."""
    run(__file__)
