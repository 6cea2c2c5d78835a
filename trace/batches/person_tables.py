"""What batches keep of people: which of the staff did something, and who scanned what."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")


def _kept(table: str, column: str, export: str) -> PersonTable:
    return PersonTable(
        table=table, columns=(column,), on_erasure=OnErasure.KEEP, export=export, reason="people.kept.food"
    )


PERSON_TABLES = (
    _kept("batches", "created_by", Q["batches_by"]),
    _kept("batch_makings", "created_by", Q["makings_by"]),
    _kept("batch_sheets", "created_by", Q["sheets_by"]),
    _kept("batch_boxes", "packed_by", Q["boxes_by"]),
    PersonTable(
        table="batch_steps",
        columns=("created_by",),
        on_erasure=OnErasure.ANONYMISE,
        export=Q["steps_by"],
        erase=Q["erase_steps"],
        reason="people.kept.food",
    ),
    PersonTable(
        table="batch_scans",
        columns=("person",),
        on_erasure=OnErasure.ANONYMISE,
        merge=Q["merge_scans"],
        unmerge=Q["unmerge_scans"],
        export=Q["export_scans"],
        erase=Q["erase_scans"],
        reason="people.kept.counts",
    ),
)
