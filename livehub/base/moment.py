"""Moments where people see them: in files and in what they are told. Pure: no I/O."""

from datetime import UTC, datetime

from msgspec import Struct


class Moment(Struct, frozen=True, gc=False):
    """A moment (Unix ms). Files have hundreds of thousands of them, which the collector of garbage need not look at."""

    ms: int

    def iso(self) -> str:
        """ISO 8601, UTC, milliseconds."""
        return self.utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.ms / 1000, UTC)


def moment(ms: int | None) -> Moment | None:
    """That of a column that may be empty."""
    return None if ms is None else Moment(ms)
