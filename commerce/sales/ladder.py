"""What a sale asks of a tap under pressure, beyond a signed-in person in the room. Pure: no I/O, no clock.

    calm            nothing
    under pressure  a ticket of the sale, which only that person can use, for a minute; and a proof of work for that ticket:
                    nothing to one who taps, much to one who taps for thousands

Tickets are signed, so that any process can check one without having given it.
"""

import hashlib
import hmac
from collections import OrderedDict

TICKET_MS = 60_000  # long enough for the slowest phone to find its proof, and to tap some more
WINDOW_S = 3.0  # so long is a rate of taps measured: a single burst is no pressure


def _signature(secret: str, person: str, sale: str, ends_ms: int, zero_bits: int) -> str:
    said = "\0".join(("sale ticket", person, sale, str(ends_ms), str(zero_bits)))
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def new_ticket(secret: str, person: str, sale: str, *, ends_ms: int, zero_bits: int) -> str:
    """A ticket that asks for a proof with so many zero bits, good until `ends_ms` (Unix ms)."""
    return f"{ends_ms}.{zero_bits}.{_signature(secret, person, sale, ends_ms, zero_bits)}"


def is_good(secret: str, person: str, sale: str, *, ticket: str, proof: str, now_ms: int) -> bool:
    """Whether the ticket is this person's for this sale, not over, and proved."""
    ends, _, rest = ticket.partition(".")
    bits, _, signature = rest.partition(".")
    if not all(_is_number(text, digits_max) for text, digits_max in ((ends, 15), (bits, 2))):
        return False
    expected = _signature(secret, person, sale, int(ends), int(bits))
    if not signature.isascii() or not hmac.compare_digest(signature, expected):
        return False
    return now_ms < int(ends) and is_proof(ticket, proof, zero_bits=int(bits))


def is_proof(ticket: str, proof: str, *, zero_bits: int) -> bool:
    """Whether SHA-256 of "{ticket}.{proof}" begins with so many zero bits; `proof` is a decimal number."""
    if not _is_number(proof, 64):
        return False
    digest = hashlib.sha256(f"{ticket}.{proof}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - zero_bits) == 0


def _is_number(text: str, digits_max: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= digits_max


class Pressure:
    """How many taps a second came lately, by sale: of this window of WINDOW_S, and the part of the one before that is not
    longer ago. `most`: taps a second above which a sale is under pressure; 0: never. `sales_max` are remembered.
    """

    def __init__(self, most: float, *, sales_max: int) -> None:
        self._most = most
        self._sales_max = sales_max
        self._counts: OrderedDict[str, tuple[int, int, int]] = OrderedDict()  # (number of the window, before, in it)

    def tapped(self, sale: str, now_s: float) -> bool:
        """Count a tap; whether the sale is under pressure. `now_s` is monotonic."""
        if not self._most:
            return False
        number, before, count = self._at(sale, now_s)
        self._counts[sale] = number, before, count + 1
        self._counts.move_to_end(sale)
        if len(self._counts) > self._sales_max:
            self._counts.popitem(last=False)
        return self.per_s(sale, now_s) > self._most

    def per_s(self, sale: str, now_s: float) -> float:
        """Taps a second, lately."""
        _, before, count = self._at(sale, now_s)
        passed = now_s % WINDOW_S / WINDOW_S
        return (before * (1 - passed) + count) / WINDOW_S

    def _at(self, sale: str, now_s: float) -> tuple[int, int, int]:
        number = int(now_s // WINDOW_S)
        known, before, count = self._counts.get(sale, (number, 0, 0))
        if known == number:
            return number, before, count
        return number, count if known == number - 1 else 0, 0
