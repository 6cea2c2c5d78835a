"""Settings of the stock engine."""

from typing import Annotated

from livehub.base.config import Config, described


class StockConfig(Config, frozen=True, kw_only=True):
    """What the stock engine and its clients read, on top of what everybody does."""

    stock_host: Annotated[
        str, described("address of this node on which the stock engine listens, and other nodes reach it")
    ] = "127.0.0.1"
    stock_port: Annotated[int, described("port of the stock engine; 0: any that is free", ge=0, le=65_535)] = 0
    stock_batch_max: Annotated[int, described("requests that the stock engine decides at once", ge=1, le=100_000)] = (
        4_000
    )
    stock_pending_max: Annotated[
        int, described("requests that wait for the stock engine; more are refused", ge=1, le=10_000_000)
    ] = 200_000
    stock_asks_max: Annotated[
        int, described("requests of one process that wait for the stock engine", ge=1, le=10_000_000)
    ] = 100_000
    stock_ask_s_max: Annotated[float, described("longest wait for an answer of the stock engine", gt=0, le=600)] = 10.0
    stock_silence_s: Annotated[
        float, described("a stock engine that says nothing for this long is taken to be gone", ge=0.5, le=60)
    ] = 3.0
    stock_restore_s_max: Annotated[
        float, described("longest time a process takes to read the stock before it leads", ge=1, le=3_600)
    ] = 120.0
    stock_look_s: Annotated[
        float, described("pause before a process looks again whether it may lead the stock engine", gt=0, le=60)
    ] = 0.25
    stock_retired_after_s: Annotated[
        int, described("how long after its end a sale stays in the stock engine's memory", ge=0, le=315_360_000)
    ] = 86_400
    stock_waits_max: Annotated[int, described("people in line for one sale", ge=0, le=1_000_000)] = 10_000
    stock_ended_max: Annotated[
        int, described("holds that are over whose keys the stock engine has in memory", ge=0, le=10_000_000)
    ] = 200_000
