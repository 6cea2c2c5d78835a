"""What the cold chain asks of modules that it does not know. Pure: no I/O."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class BatchProducts(Protocol):
    """Says of which products batches are; filled by whoever keeps batches."""

    async def products_of(self, connection: Any, batches: Sequence[str]) -> Mapping[str, str]:
        """The product of each batch that is known."""
        ...
