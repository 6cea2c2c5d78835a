"""What delivery keeps of people: which of the staff did it, for as long as books are kept."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

EXPORTS = {
    "delivery_areas": Q["delivery_areas_by"],
    "pickup_points": Q["pickup_points_by"],
    "delivery_patterns": Q["delivery_patterns_by"],
    "delivery_windows": Q["delivery_windows_by"],
}
PERSON_TABLES = tuple(
    PersonTable(
        table=table, columns=("changed_by",), on_erasure=OnErasure.KEEP, export=export, reason="people.kept.staff"
    )
    for table, export in EXPORTS.items()
)
