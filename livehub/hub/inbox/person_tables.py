"""What the inbox keeps of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="directs", columns=("user_id", "data"), theirs=("user_id",), on_erasure=OnErasure.DELETE, merge=Q["move_directs"],
        unmerge=Q["move_directs_back"], export=Q["directs_of"], erase=Q["erase_directs"],
    ),
)  # fmt: skip
