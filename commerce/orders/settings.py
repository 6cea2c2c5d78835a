"""Settings of orders."""

from typing import Annotated

from livehub.base.config import Config, described


class OrdersConfig(Config, frozen=True, kw_only=True):
    """What orders read, on top of what everybody does."""

    cart_lines_max: Annotated[int, described("products in a cart", ge=1, le=500)] = 100
    order_lines_max: Annotated[int, described("lines of one order", ge=1, le=50)] = 20
    order_product_units_max: Annotated[
        int,
        described(
            "units of one product in one order, beside those of sales, which have a limit of their own", ge=1, le=1_000
        ),
    ] = 99
    order_unpaid_max: Annotated[
        int,
        described(
            "orders that one person may leave unpaid at a time: each holds goods, and a delivery window", ge=1, le=100
        ),
    ] = 5
    order_closing_s: Annotated[
        int, described("how long a provider that says nothing keeps an unpaid order from being closed", ge=1, le=7_200)
    ] = 60
    order_closing_retry_s: Annotated[
        float, described("pause between two tries to close the payments of an order", ge=0.05, le=600)
    ] = 5.0
    order_closing_look_s: Annotated[
        float, described("how often unpaid orders are looked at whose time is over", ge=0.05, le=60)
    ] = 1.0
    order_address_ttl_s: Annotated[
        int,
        described(
            "how long the address of an order is kept; trade law asks for three years or more", ge=86_400, le=10**9
        ),
    ] = 94_608_000
    order_batch_max: Annotated[
        int, described("orders that are written, or paid, in one transaction", ge=1, le=1_000)
    ] = 100
    order_pending_max: Annotated[
        int, described("orders of one process that wait to be written, or paid", ge=10, le=1_000_000)
    ] = 10_000
