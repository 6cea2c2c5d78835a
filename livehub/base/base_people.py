"""What base keeps of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "base_people.sql")

PERSON_TABLES = (
    PersonTable(
        table="idempotency_keys", columns=("scope", "body", "sealed"), on_erasure=OnErasure.DELETE,
        merge=Q["move_keys"], unmerge=Q["move_keys_back"], erase=Q["erase_keys"],
    ),
    PersonTable(
        table="domain_events", columns=("key", "payload"), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_events"],
        reason="people.kept.events",
    ),
    PersonTable(
        table="parked_events", columns=("key",), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_parked"],
        reason="people.kept.events",
    ),
    PersonTable(
        table="outbox", columns=("payload",), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_outbox"],
        reason="people.kept.events",
    ),
    PersonTable(
        table="procrastinate_jobs", columns=("args",), on_erasure=OnErasure.ANONYMISE, erase=Q["erase_jobs"],
        reason="people.kept.events",
    ),
)  # fmt: skip
