"""What chat keeps of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="chats", columns=("user_id", "name", "text"), theirs=("user_id",),
        on_erasure=OnErasure.DELETE, merge=Q["move_lines"],
        unmerge=Q["move_lines_back"], export=Q["lines_of"], erase=Q["erase_lines"],
    ),
    PersonTable(
        table="chat_deletions", columns=("deleted_by",), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_deletions"],
        reason="people.kept.rooms",
    ),
    PersonTable(
        table="chat_hidden", columns=("user_id",), theirs=("user_id",), on_erasure=OnErasure.DELETE, erase=Q["erase_hidden"],
    ),
    PersonTable(
        table="held_lines", columns=("line", "decided_by"), on_erasure=OnErasure.DELETE, merge=Q["move_held"],
        unmerge=Q["move_held_back"], export=Q["held_of"], erase=Q["erase_held"],
    ),
    PersonTable(
        table="chat_reports", columns=("user_id",), theirs=("user_id",), on_erasure=OnErasure.DELETE, merge=Q["move_reports"],
        unmerge=Q["move_reports_back"], export=Q["reports_of"], erase=Q["erase_reports"],
    ),
)  # fmt: skip
