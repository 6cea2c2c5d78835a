"""What orders keep of people: each order for as long as the law asks, its address until then, and the cart until it is erased.

Carts of two who turn out to be one are put together by the part (carts.merge).
"""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="orders", columns=("person",), theirs=("person",), on_erasure=OnErasure.KEEP, merge=Q["move_orders"],
        unmerge=Q["move_orders_back"], export=Q["orders_of"], reason="people.kept.orders",
    ),
    PersonTable(
        table="order_changes", columns=("by",), on_erasure=OnErasure.KEEP, export=Q["changes_by"], reason="people.kept.orders",
    ),
    PersonTable(
        table="carts", columns=("person",), on_erasure=OnErasure.DELETE, export=Q["cart_of"], erase=Q["erase_cart"],
    ),
)  # fmt: skip
