"""Identifiers: short, sortable by time, safe in URLs. Pure: no I/O, no clock, no randomness; both come in.

ordered_id(now_ms, random) = 9 characters of time + 9 of chance, in Crockford's base 32 without I, L, O, U. 45 bits of
milliseconds last until the year 3084.
"""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CHANCE_BYTES = 6  # 45 of these 48 bits are used: a million ids in one millisecond collide with chance 1.4 %.


TIME_CHARS = 9
ID_CHANCE_BYTES = 9  # of each byte 5 bits are used
_LETTERS = (_ALPHABET * 8).encode()
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]


def _base32(number: int, chars: int) -> str:
    """The last `chars` digits of `number`."""
    text = ""
    for _ in range((chars + 1) // 2):
        text = _PAIRS[number & 1023] + text
        number >>= 10
    return text[-chars:]


def _base32_of_9(number: int) -> str:
    """`_base32(number, 9)` without a loop, twice for every chat line."""
    pairs = _PAIRS
    return (
        _ALPHABET[number >> 40 & 31]
        + pairs[number >> 30 & 1023]
        + pairs[number >> 20 & 1023]
        + pairs[number >> 10 & 1023]
        + pairs[number & 1023]
    )


def ordered_id(now_ms: int, chance: bytes) -> str:
    """An 18-character id; ids of later milliseconds sort later as text. `chance`: CHANCE_BYTES random bytes.

    Raises ValueError when `chance` is short, because a weak id is worse than none.
    """
    if len(chance) < CHANCE_BYTES:
        raise ValueError(f"{CHANCE_BYTES} random bytes are needed, {len(chance)} came")
    return _base32_of_9(now_ms) + _base32_of_9(int.from_bytes(chance[:CHANCE_BYTES], "big"))


def time_of(id_: str) -> int:
    """The moment of an ordered id, Unix ms. Raises ValueError for what is none."""
    if len(id_) != 2 * TIME_CHARS:
        raise ValueError(f"no ordered id: {id_!r}")
    now_ms = 0
    for letter in id_[:TIME_CHARS]:
        now_ms = now_ms << 5 | _ALPHABET.index(letter)
    return now_ms


def ordered_ids(now_ms: int, chance: bytes) -> list[str]:
    """As ordered_id, many for one moment: one for each ID_CHANCE_BYTES random bytes, a fifth of the time for each."""
    when, letters = _base32_of_9(now_ms), chance.translate(_LETTERS).decode()
    return [when + letters[at : at + ID_CHANCE_BYTES] for at in range(0, len(letters), ID_CHANCE_BYTES)]


def short_id(chance: bytes) -> str:
    """An 8-character id out of 5 random bytes, for the few things that need no order (epochs, worker names)."""
    if len(chance) < 5:
        raise ValueError(f"5 random bytes are needed, {len(chance)} came")
    return _base32(int.from_bytes(chance[:5], "big"), 8)
