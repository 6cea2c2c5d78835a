"""What EPCIS keeps of people: who captured documents, for as long as the events count as evidence."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="epcis_jobs",
        columns=("person",),
        on_erasure=OnErasure.KEEP,
        export=Q["captures_by"],
        reason="people.kept.staff",
    ),
)
