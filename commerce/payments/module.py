"""Payments as a module."""

from pathlib import Path

from commerce.payments import errors
from commerce.payments.closing import Closing
from commerce.payments.hearing import Hearing
from commerce.payments.person_tables import PERSON_TABLES
from commerce.payments.providers import Providers
from commerce.payments.settings import PaymentsConfig
from commerce.payments.store import Q as STORE
from livehub.base.errors import LivehubError
from livehub.base.module import Context, Module, Part, Retention, defined_in, kept_for


class Payments(Part):
    def __init__(self, context: Context) -> None:
        config = context.config(PaymentsConfig)
        self.providers = Providers(config.payment_providers)
        self.hearing = Hearing(context)
        self.closing = Closing(config, context.database, self.providers, self.hearing)
        context.provide(Providers, self.providers)
        context.provide(Closing, self.closing)


PAYMENTS = Module(
    name="payments",
    build=Payments,
    settings=PaymentsConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    person_tables=PERSON_TABLES,
    retention=(
        Retention(
            table="payment_notices", query=STORE["forget_notices"], arguments=kept_for(PaymentsConfig,
            "payment_notices_kept_s"), in_real_time=True,
        ),
    ),
)  # fmt: skip
