"""The records about people, as a module: the audit log, exports, erasures, addresses, consents. Wiring only."""

from collections.abc import Sequence

from msgspec import Struct

from livehub.base.endpoints import Endpoint
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Job, Module, Part, Retention, defined_in, kept_for
from livehub.people import audit_api, records_errors, records_events, records_schemas, sessions
from livehub.people.addresses import AddressApi
from livehub.people.audit import Q as AUDIT
from livehub.people.audit_api import AuditApi
from livehub.people.consent import ConsentApi
from livehub.people.consent import Q as CONSENTS
from livehub.people.erasure import ERASE_TASK, Eraser, ErasureApi
from livehub.people.exports import EXPORT_TASK, ExportApi, Exporter
from livehub.people.exports import Q as EXPORTS
from livehub.people.list_files import ListFiles
from livehub.people.person_tables import PERSON_TABLES
from livehub.people.records_settings import RecordsConfig
from livehub.people.registry import PersonTables, person_tables
from livehub.people.settings import PeopleConfig


class Records(Part):
    def __init__(self, context: Context) -> None:
        config, database, core = context.config(RecordsConfig), context.database, context.settings.core
        self._context = context
        ways = sessions.ways_of_staff(context.config(PeopleConfig))
        self._now_s = context.now_s
        self._apis = (
            AuditApi(core, database, ListFiles(core, database, context.clock.real_s)),
            ExportApi(core, config, database),
            ErasureApi(config, database, self.tables, ways),
            AddressApi(config, database),
            ConsentApi(core, config, database),
        )
        self._exporter = Exporter(config, database, self.tables, lambda: int(context.now_s() * 1000))
        self._eraser = Eraser(config, database, context.clock, self.tables, ways)

    def tables(self) -> PersonTables:
        """What all modules keep of people. Asked for when it is needed: modules may come later in the list."""
        return person_tables(self._context.modules, self._context.parts)

    def endpoints(self) -> Sequence[Endpoint]:
        return [endpoint for api in self._apis for endpoint in api.endpoints()]

    def jobs(self) -> Sequence[Job]:
        """What is made and erased outside a call."""
        return [Job(name=EXPORT_TASK, run=self._exporter.run), Job(name=ERASE_TASK, run=self._eraser.run)]


RECORDS = Module(
    name="records",
    build=Records,
    settings=RecordsConfig,
    errors=defined_in(records_errors, LivehubError),
    events=defined_in(records_events, Struct),
    person_tables=PERSON_TABLES,
    retention=(
        Retention(table="audit", query=AUDIT["forget_acts"], arguments=kept_for(RecordsConfig, "audit_kept_s")),
        Retention(
            table="exports",
            query=EXPORTS["forget_exports"],
            arguments=lambda settings, now_ms: (now_ms, now_ms - settings.of(RecordsConfig).export_kept_s * 1000),
        ),
        Retention(
            table="consents",
            query=CONSENTS["forget_guests"],
            arguments=kept_for(RecordsConfig, "guest_consents_kept_s"),
        ),
    ),
    schemas=(*defined_in(records_schemas, Struct), *defined_in(audit_api, Struct)),
)
