"""What the ledger of deliveries keeps of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="notice_deliveries", columns=("person",), theirs=("person",), on_erasure=OnErasure.ANONYMISE,
        merge=Q["move_deliveries"], unmerge=Q["move_deliveries_back"], export=Q["deliveries_of"], erase=Q["erase_deliveries"],
        reason="people.kept.notices",
    ),
)  # fmt: skip
