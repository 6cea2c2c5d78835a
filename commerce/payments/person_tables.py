"""What payments keep of people: who paid, and which of the staff decided, for as long as books are kept."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="payments", columns=("person",), theirs=("person",), on_erasure=OnErasure.KEEP, merge=Q["move_payments"],
        unmerge=Q["move_payments_back"], export=Q["payments_of"], reason="people.kept.trade",
    ),
    PersonTable(
        table="refunds", columns=("asked_by", "approved_by", "rejected_by"), on_erasure=OnErasure.KEEP,
        export=Q["refunds_by"], reason="people.kept.staff",
    ),
    PersonTable(
        table="payment_findings", columns=("resolved_by",), on_erasure=OnErasure.KEEP, export=Q["findings_by"],
        reason="people.kept.staff",
    ),
)  # fmt: skip
