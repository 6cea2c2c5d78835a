"""Money: integers of minor units, the currency's own exponent, and sums that are split without losing any. Pure: no I/O.

CNY 19.90 = 1990 (exponent 2)        JPY 500 = 500 (0)        KWD 1.250 = 1250 (3)
"""

from collections.abc import Sequence

from livehub.base.money import EXPONENTS

WHOLE_BASIS_POINTS = 10_000  # 100 %


def exponent(currency: str) -> int:
    """How many digits the minor unit of an ISO 4217 currency has. Raises ValueError for what is no currency in use."""
    digits = EXPONENTS.get(currency)
    if digits is None:
        raise ValueError(f"no currency in use: {currency!r}")
    return digits


def half_up(numerator: int, denominator: int) -> int:
    """The fraction, 0 or more, to the nearest whole number; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def share_of(amount_minor: int, basis_points: int) -> int:
    """So many hundredths of a percent of an amount, rounded half up, once."""
    return half_up(amount_minor * basis_points, WHOLE_BASIS_POINTS)


def split(total_minor: int, weights: Sequence[int]) -> list[int]:
    """The total in parts as the weights have it, by largest remainder; of equal remainders the earlier gets more.

    The sum is the total, and while the total is at most the sum of the weights no part is above its weight. Raises ValueError
    where anything is negative, or a total has nothing to be split over.
    """
    whole = sum(weights)
    if total_minor < 0 or (weights and min(weights) < 0):
        raise ValueError("a total and its weights are 0 or more")
    if whole == 0:
        if total_minor:
            raise ValueError("there is nothing to split a total over")
        return [0] * len(weights)
    parts = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(parts)
    if left:
        by_remainder = sorted(range(len(weights)), key=lambda place: -(total_minor * weights[place] % whole))
        for place in by_remainder[:left]:
            parts[place] += 1
    return parts


def split_evenly(total_minor: int, count: int) -> list[int]:
    """The total in equal parts, those that are one more first: `split` with equal weights."""
    part, left = divmod(total_minor, count)
    return [part + 1] * left + [part] * (count - left)
