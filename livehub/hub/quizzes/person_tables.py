"""What quizzes keep of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="quiz_answers", columns=("user_id", "name"), theirs=("user_id",),
        on_erasure=OnErasure.ANONYMISE, merge=Q["move_answers"],
        unmerge=Q["move_answers_back"], export=Q["answers_by"], erase=Q["erase_answers"], reason="people.kept.quizzes",
    ),
    PersonTable(
        table="quizzes", columns=("result",), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_results"],
        reason="people.kept.quizzes",
    ),
)  # fmt: skip
