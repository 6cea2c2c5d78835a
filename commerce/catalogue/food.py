"""Whether a batch of food may be sold, or shown, as some product."""

from collections.abc import Callable, Collection

from commerce.catalogue.errors import BatchGone, BatchOfOtherProduct, BatchUnknown
from livehub.base.db import Connection
from livehub.people.food_batches import FoodBatches

BatchesAsked = Callable[[], FoodBatches | None]
"""Asked for when it is needed: its module comes later. None: nobody keeps track of batches, and their ids are opaque."""


async def check_batch(
    connection: Connection, food: FoodBatches | None, batch: str, products: Collection[str] | None
) -> None:
    """`products`: of which it has to be one; None: any will do. Raises BatchUnknown, BatchOfOtherProduct, BatchGone."""
    if food is None:
        return
    found = await food.look_up(connection, batch)
    if found is None:
        raise BatchUnknown(details={"batch": batch})
    if products is not None and found.product not in products:
        raise BatchOfOtherProduct(details={"batch": batch, "product": found.product})
    if found.gone is not None:
        raise BatchGone(details={"batch": batch, "reason": found.gone})
