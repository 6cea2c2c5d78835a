"""Settings of the records about people."""

from typing import Annotated

from livehub.base.config import Config, described

YEAR_S = 31_536_000


class RecordsConfig(Config, frozen=True, kw_only=True):
    """What the audit log, exports, erasures, addresses and consents read."""

    audit_kept_s: Annotated[
        int,
        described("the audit log of what staff did is kept so long", ge=15_552_000, le=20 * YEAR_S),
    ] = 3 * YEAR_S  # Electronic Commerce Law of the PRC, article 31: records of transactions, three years
    export_kept_s: Annotated[int, described("a person's own export can be fetched so long", ge=7_200, le=2_592_000)] = (
        604_800
    )
    export_pause_s: Annotated[
        int, described("a person gets the same export again when they ask within this time", ge=0, le=604_800)
    ] = 7_200
    export_bytes_max: Annotated[
        int,
        described("size of an export; what is beyond is left out, and its README says so", ge=100_000, le=500_000_000),
    ] = 50_000_000
    erase_grace_s: Annotated[
        int,
        described("time in which somebody who asked to be forgotten can take it back", ge=0, le=1_209_600),
    ] = 0  # see docs/privacy.md: asking twice is the guard, and the law wants it done without delay
    erase_sweep_s: Annotated[
        int,
        described(
            "after an erasure, the time until what the last tokens of that person still did is erased, too",
            ge=0,
            le=86_400,
        ),
    ] = 7_200
    addresses_max: Annotated[int, described("addresses of one person", ge=1, le=1_000)] = 20
    guest_consents_per_network_hour_max: Annotated[
        int, described("consents that guests of one network give in an hour; taking one back is never refused", ge=1)
    ] = 600
    guest_consents_kept_s: Annotated[
        int,
        described(
            "how long what a guest agreed to is kept after their last word, if they became nobody",
            ge=86_400,
            le=20 * YEAR_S,
        ),
    ] = 15_552_000  # as long as a browser stays the same guest
    consents_max: Annotated[int, described("changes of consent of one person and purpose in a day", ge=1, le=1_000)] = (
        50
    )
