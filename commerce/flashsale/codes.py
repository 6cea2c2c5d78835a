"""States of holds and codes of refusals, for those who don't load the kernel. Pure: no I/O.

The kernel has the same in its own file, because numba compiles them in; tests/commerce/flashsale/test_codes.py compares.
"""

HELD, CLOSING, CONFIRMED, RELEASED, EXPIRED = 1, 2, 3, 4, 5

NOT_OPEN, SOLD_OUT, LIMIT, KEY_REUSED, NO_HOLD, OVER, BAD, BELOW = 2, 3, 4, 5, 6, 7, 8, 9
