"""Settings of bills."""

from typing import Annotated

from livehub.base.config import Config, described


class BillsConfig(Config, frozen=True, kw_only=True):
    bill_days_max: Annotated[
        int, described("days back for which a provider's bill is asked for, if it was not fetched", ge=1, le=90)
    ] = 14
    bill_rows_max: Annotated[
        int, described("rows read of a provider's bill of one day", ge=1_000, le=1_000_000_000)
    ] = 10_000_000
    bill_findings_max: Annotated[
        int, described("findings told of a provider's bill of one day", ge=1, le=1_000_000)
    ] = 1_000
