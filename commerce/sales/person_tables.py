"""What sales keep of people: which of the staff did it, for as long as books are kept."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="sales", columns=("created_by", "opened_by", "closed_by"), on_erasure=OnErasure.KEEP, export=Q["sales_by"],
        reason="people.kept.staff",
    ),
    PersonTable(
        table="stock_changes", columns=("changed_by",), on_erasure=OnErasure.KEEP, export=Q["stock_changes_by"],
        reason="people.kept.staff",
    ),
)  # fmt: skip
