"""What questions keep of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="questions", columns=("user_id", "name", "text"), theirs=("user_id",),
        on_erasure=OnErasure.ANONYMISE, merge=Q["move_questions"],
        unmerge=Q["move_questions_back"], export=Q["questions_of"], erase=Q["erase_questions"],
        reason="people.kept.questions",
    ),
)  # fmt: skip
