"""People as a module."""

from pathlib import Path

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Module, Retention, defined_in, kept_for
from livehub.base.sql import queries
from livehub.people import errors, schemas, staff_schemas
from livehub.people.people import People
from livehub.people.person_tables import forget_names
from livehub.people.settings import PeopleConfig

SESSIONS = queries(__file__, "sessions.sql")
CODES = queries(__file__, "signin/codes.sql")
PROOFS = queries(__file__, "signin/proofs.sql")

PEOPLE = Module(
    name="people",
    build=People,
    settings=PeopleConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    retention=(
        Retention(
            table="sessions",
            query=SESSIONS["forget_sessions"],
            arguments=kept_for(PeopleConfig, "sessions_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="people",
            query_of=forget_names,
            arguments=kept_for(PeopleConfig, "names_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="phone_codes",
            query=CODES["forget_codes"],
            arguments=kept_for(PeopleConfig, "codes_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="used_proofs", query=PROOFS["forget_used"], arguments=lambda _, now_ms: [now_ms], in_real_time=True
        ),
    ),
    schemas=(*defined_in(schemas, Struct), *defined_in(staff_schemas, Struct)),
)
