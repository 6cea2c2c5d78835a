"""What base itself contributes: the refusals that everybody shares, and what is kept for a time only."""

from collections.abc import Sequence

from livehub.base import errors
from livehub.base.base_people import PERSON_TABLES
from livehub.base.config import Config
from livehub.base.events import Q as EVENTS
from livehub.base.idempotency import Q as IDEMPOTENCY
from livehub.base.job_queue import Q as JOBS
from livehub.base.module import Context, Job, Module, Part, Retention, defined_in, kept_for

# Tasks of versions before, whose events are read by subscriptions now (migration 0010): nothing is left to do for their jobs.
RETIRED_TASKS = ("outbox.dispatch", "quiz.award", "coupon.withdraw")


class Base(Part):
    """What ends jobs of versions before."""

    def __init__(self, _context: Context) -> None:
        pass

    def jobs(self) -> Sequence[Job]:
        """They do nothing."""
        return [Job(name=name, run=_nothing) for name in RETIRED_TASKS]


async def _nothing(**_args: object) -> None:
    return


BASE = Module(
    name="base",
    build=Base,
    errors=defined_in(errors, errors.LivehubError),
    person_tables=PERSON_TABLES,
    retention=(
        Retention(
            table="idempotency_keys",
            query=IDEMPOTENCY["forget"],
            arguments=kept_for(Config, "idempotency_ttl_s"),
            in_real_time=True,
        ),
        Retention(
            table="parked_events",
            query=EVENTS["forget_parked"],
            arguments=kept_for(Config, "events_kept_s", "event_subscription_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="domain_events",
            query=EVENTS["forget_events"],
            arguments=kept_for(Config, "events_kept_s", "event_subscription_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="outbox",
            query=EVENTS["forget_outbox"],
            arguments=kept_for(Config, "events_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="procrastinate_jobs",
            query=JOBS["forget_jobs"],
            arguments=kept_for(Config, "jobs_kept_s"),
            in_real_time=True,
        ),
        Retention(
            table="procrastinate_periodic_defers",
            query=JOBS["forget_periodic"],
            arguments=kept_for(Config, "jobs_kept_s"),
            in_real_time=True,
        ),
    ),
)
