"""What refunds keep of people: which of the staff weighed, for as long as books are kept."""

from commerce.refunds.store import Q
from livehub.base.person_tables import OnErasure, PersonTable

PERSON_TABLES = (
    PersonTable(
        table="order_weights", columns=("weighed_by",), on_erasure=OnErasure.KEEP, export=Q["weighed_by"],
        reason="people.kept.staff",
    ),
)  # fmt: skip
