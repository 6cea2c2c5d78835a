"""What the cold chain keeps of people: which of the staff did it, as the law wants it on record."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

COLUMNS: dict[str, tuple[tuple[str, ...], str]] = {
    "sensor_devices": (("created_by",), Q["devices_by"]),
    "sensor_corrections": (("created_by",), Q["corrections_by"]),
    "sensor_calibrations": (("created_by",), Q["calibrations_by"]),
    "coldchain_rules": (("changed_by",), Q["rules_by"]),
    "shipments": (("created_by", "closed_by"), Q["shipments_by"]),
    "shipment_handovers": (("created_by",), Q["handovers_by"]),
}
PERSON_TABLES = tuple(
    PersonTable(table=table, columns=columns, on_erasure=OnErasure.KEEP, export=export, reason="people.kept.staff")
    for table, (columns, export) in COLUMNS.items()
)
