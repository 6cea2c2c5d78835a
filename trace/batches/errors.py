"""Refusals of batches: codes 6022 to 6039. Pure: no I/O."""

from livehub.base.errors import LivehubError


class BatchNotFound(LivehubError):
    """There is no such batch."""

    code, name, status, text = 6022, "batch_not_found", 404, "There is no such batch."


class LotTaken(LivehubError):
    """There is a batch of this lot of the product already: `batch`. A lot names one batch for ever; give another."""

    code, name, status, text = 6023, "lot_taken", 409, "This lot is another batch's already."


class UnitsExceeded(LivehubError):
    """The batch `batch` has no more than `left` units that have not gone into another."""

    code, name, status, text = 6024, "units_exceeded", 409, "The batch has not so many units left."


class LineageWrong(LivehubError):
    """This is no split, merge or repack. `reason`: `inputs` or `outputs`, too few or too many of them, or one twice; `units`,
    more come out than went in; `product`, split and merged is what is one product, with one GTIN.
    """

    code, name, status, text = 6025, "lineage_wrong", 422, "Batches can't be put together or taken apart like that."


class BoxNotFound(LivehubError):
    """There is no box with this serial: it is on no sheet of ours."""

    code, name, status, text = 6026, "box_not_found", 404, "There is no such box."


class BoxTaken(LivehubError):
    """The box was packed for another order line already. Take another box."""

    code, name, status, text = 6027, "box_taken", 409, "This box was packed for another order already."


class OrderLineNotFound(LivehubError):
    """There is no such order line."""

    code, name, status, text = 6029, "order_line_not_found", 404, "There is no such order line."


class BoxesFull(LivehubError):
    """A batch has at most `limit` boxes with serials, and `left` more can be made."""

    code, name, status, text = 6028, "boxes_full", 409, "The batch has as many boxes as it may have."


class BoxOfOtherProduct(LivehubError):
    """The box is of `product`, and neither that nor a part of it was ordered with this line. Take a box of what was."""

    code, name, status, text = (
        6030,
        "box_of_other_product",
        409,
        "This box is of another product than what was ordered.",
    )


class OrderNotToPack(LivehubError):
    """Nothing is packed for an order that is not paid, or is cancelled: `state`."""

    code, name, status, text = 6031, "order_not_to_pack", 409, "This order is not paid, or is cancelled."


class LinePacked(LivehubError):
    """As many boxes of this product as were ordered with the line, `limit`, are packed for it already."""

    code, name, status, text = 6032, "line_packed", 409, "All of this is packed already."
