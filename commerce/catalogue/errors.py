"""Refusals of the catalogue and of what a room shows of it: codes 2040 to 2049, 4000 to 4009. Pure: no I/O."""

from livehub.base.errors import LivehubError


class BagFull(LivehubError):
    """The room's bag holds as many products as it may."""

    code, name, status, text = 2040, "bag_full", 409, "The bag is full."


class CardNotFound(LivehubError):
    """The product is not in this room's bag."""

    code, name, status, text = 2041, "card_not_found", 404, "There is no such product in the bag."


class ProductNotFound(LivehubError):
    """No such product in the catalogue."""

    code, name, status, text = 4000, "product_not_found", 404, "There is no such product."


class ClaimUnproven(LivehubError):
    """The words claim what no certificate on file proves. `claims`: each with its `field`, `word` and `kind`. Add a certificate
    of that kind which holds today, or take the word out.
    """

    code, name, status, text = 4001, "claim_unproven", 422, "Such a claim needs a certificate on file."


class WordsFlagged(LivehubError):
    """The words say what advertising may not. `flags`: each with its `field`, `word` and `kind`. Take the word out; or, if it
    is right where it stands, send it in `flags_seen`: it is kept, with your name, in the audit log.
    """

    code, name, status, text = 4002, "words_flagged", 422, "Advertising may not say so. Look at the words again."


class ListPriceUnproven(LivehubError):
    """A struck-through price may be no higher than the lowest price of the last `days`, which was `lowest_minor`; null: there
    was none.
    """

    code, name, status, text = 4003, "list_price_unproven", 422, "The product was never sold for that price of late."


class ProductOffSale(LivehubError):
    """The product was taken off sale."""

    code, name, status, text = 4004, "product_off_sale", 409, "This product is off sale."


class SkuTaken(LivehubError):
    """Another product has this SKU; `product` is its id."""

    code, name, status, text = 4005, "sku_taken", 409, "Another product has this SKU."


class StockOfComponents(LivehubError):
    """A bundle takes the units of its `components` and has none of its own. Add units to those."""

    code, name, status, text = 4006, "stock_of_components", 409, "A bundle has no stock of its own."


class BatchUnknown(LivehubError):
    """There is no batch `batch` of food."""

    code, name, status, text = 4007, "batch_unknown", 422, "There is no such batch of food."


class BatchOfOtherProduct(LivehubError):
    """The batch is of `product`, and neither that nor a part of it is what is to be sold, or shown."""

    code, name, status, text = 4008, "batch_of_other_product", 422, "This batch is of another product."


class BatchGone(LivehubError):
    """The batch is not to be sold any more. `reason`: `recalled`, also where what it was made of was, or `destroyed`."""

    code, name, status, text = 4009, "batch_gone", 409, "This batch was recalled or destroyed."
