"""Amounts as Stripe counts them, which is not by ISO 4217 for each currency. Pure: no I/O.

    ours JPY 500 = 500        USD 5.00 = 500        KWD 1.250 = 1250, which must end in 0 there
    ISK and UGX have no minor unit and count in hundredths there (500 = 50000); MGA has one and counts without it (500 = 5)

https://docs.stripe.com/currencies#zero-decimal
"""

from typing import TypedDict

from commerce.money import exponent

OTHERWISE = {"ISK": 2, "UGX": 2, "MGA": 0}
TENS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


class NotThere(ValueError):
    """An amount, or a currency, that cannot be paid there."""


class Money(TypedDict, total=False):
    """Ours: minor units, and the currency as ISO 4217 writes it."""

    amount_minor: int
    currency: str


def to_stripe(amount_minor: int, currency: str) -> int:
    """Raises NotThere."""
    try:
        digits = exponent(currency)
    except ValueError as error:
        raise NotThere(str(error)) from error
    there = OTHERWISE.get(currency, digits)
    amount, left = divmod(amount_minor * int(10**there), int(10**digits))
    if left or (currency in TENS and amount % 10):
        raise NotThere("an amount that cannot be paid there")
    return amount


def from_stripe(amount: int, currency: str) -> Money:
    """A currency that we do not know counts as it stands."""
    code = currency.upper()
    try:
        digits = exponent(code)
    except ValueError:
        return Money(amount_minor=amount, currency=code)
    there = OTHERWISE.get(code, digits)
    return Money(amount_minor=amount * int(10**digits) // int(10**there), currency=code)
