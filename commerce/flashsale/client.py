"""How every process speaks to the stock engine, wherever it runs: one stream to whoever leads.

    answer = await stock.ask(Reserve(...))      # Held, or Refused, or Done: durable, or nothing was changed
    stock.units("sale:abc")                     # what there is, held and sold, as the engine told last
"""

from collections.abc import Callable, Collection

from commerce.flashsale.requests import Answer, Request
from commerce.flashsale.rows import ResourceRow


class StockClient:
    def __init__(self) -> None:
        self.on_change: list[Callable[[Collection[str]], None]] = []
        """Called with the ids of resources whose units have changed, some times a second."""

    async def ask(self, request: Request) -> Answer:
        """The answer, once it is durable. Raises Unavailable: the engine is away, or has too much to do; the same request, with
        the same key, may be made again.
        """
        raise NotImplementedError

    def units(self, resource: str) -> ResourceRow | None:
        """Units of a resource as the engine told last; None: not yet, or there is none."""
        raise NotImplementedError
