"""Which codings a client takes, by its Accept-Encoding (RFC 9110, section 12.5.3). Pure: no I/O."""

from collections.abc import Sequence

_SAME_AS = {"x-gzip": "gzip"}  # section 8.4.1.3


def chosen(header: str, offered: Sequence[str]) -> str | None:
    """Which of the `offered` codings, the best first, to encode an answer with; None: with none.

    The one of the greatest weight; none where `identity` weighs more. Where nothing that there is may be used, the answer is
    not encoded all the same: more clients can read that than 406.
    """
    weights = _weights(header)
    others = weights.get("*", 0.0)
    weighed = [(weights.get(coding, others), coding) for coding in offered]
    weight, coding = max(weighed, key=lambda each: each[0], default=(0.0, ""))
    return coding if weight > 0 and weight >= weights.get("identity", 0.0) else None


def acceptable(header: str) -> str:
    """The header's codings without their weights, and without those of weight 0, for who reads no weights."""
    return ", ".join(coding for coding, weight in _weights(header).items() if weight > 0)


def _weights(header: str) -> dict[str, float]:
    weighed = map(_weighed, header.split(","))
    return {_SAME_AS.get(coding, coding): weight for coding, weight in weighed if coding}


def _weighed(part: str) -> tuple[str, float]:
    """What has a weight that can't be read is not acceptable."""
    coding, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return coding, 0.0
            return coding, weight if 0 <= weight <= 1 else 0.0  # nor is NaN a weight
    return coding, 1.0
