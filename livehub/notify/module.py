"""Notices as a module."""

from pathlib import Path

from livehub.base.module import Module, Retention, kept_for
from livehub.base.sql import queries
from livehub.notify.notify import Notify
from livehub.notify.person_tables import PERSON_TABLES
from livehub.notify.settings import NotifyConfig

Q = queries(__file__, "retention.sql")

NOTIFY = Module(
    name="notify",
    build=Notify,
    settings=NotifyConfig,
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    retention=(
        Retention(
            table="notice_deliveries",
            query=Q["forget_deliveries"],
            arguments=kept_for(NotifyConfig, "notice_deliveries_kept_s"),
        ),
    ),
)
