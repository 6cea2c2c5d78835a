"""What Alembic runs: our revisions, on the connection that `migrate` opened, each in a transaction of its own."""

from typing import Any

from alembic import context


def _applied(step: Any, **_: Any) -> None:
    context.config.attributes["applied"].append(step.up_revision_id)


context.configure(
    connection=context.config.attributes["connection"],
    transaction_per_migration=True,
    on_version_apply=_applied,  # type: ignore[arg-type]  # it is called with names
)
with context.begin_transaction():
    context.run_migrations()
