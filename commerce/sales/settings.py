"""Settings of sales."""

from typing import Annotated

from livehub.base.config import Config, described


class SalesConfig(Config, frozen=True, kw_only=True):
    """What sales read, on top of what everybody does."""

    sales_shown_max: Annotated[int, described("sales in a room's view", ge=1, le=100)] = 20
    hold_ttl_s: Annotated[int, described("how long units are held for whoever tapped", ge=5, le=86_400)] = 600
    waitlist_hold_ttl_s: Annotated[
        int, described("how long units are held for whoever had waited for them", ge=5, le=86_400)
    ] = 180
    sale_pressure_taps_per_s: Annotated[
        float,
        described(
            "taps a second on one sale, in one process, above which it asks for ticket and proof; 0: never",
            ge=0,
            le=1e9,
        ),
    ] = 10_000.0
    sale_proof_bits: Annotated[
        int, described("leading zero bits of a proof of work; each doubles the work of a client", ge=0, le=32)
    ] = 14
    sales_known_max: Annotated[int, described("sales a process remembers by id", ge=100, le=10_000_000)] = 10_000
    sale_look_ups_max: Annotated[
        int, described("taps that wait to hear which sale they name", ge=100, le=1_000_000)
    ] = 50_000
    taps_in_flight_max: Annotated[
        int, described("taps of one process that wait for the stock engine", ge=100, le=1_000_000)
    ] = 50_000
