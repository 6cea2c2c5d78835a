"""Which browser it is: those who proved nothing in it, guests and people by name alone, by their ids, in a cookie of its own.

Whoever signs in gets another cookie in place of the guest's, and whoever signs out begins as another guest, so that nobody
connects the two. A block of a device has to outlive both; so this one is of no app, is signed, and is read for blocks alone.
"""

from livehub.base.cookies import Cookies
from livehub.people.signin.proofs import Signer

COOKIE = "device"
PURPOSE, HOLDER = "device", "whoever has it"
IDS_MAX = 8  # the latest


class Browsers:
    """`life_s`: how long a browser is known, from when somebody new was in it."""

    def __init__(self, secret: str, life_s: int) -> None:
        self._signer = Signer(secret)
        self._life_s = life_s

    def known(self, cookies: Cookies, *, now_ms: int) -> list[str]:
        """Who was in it, the latest last; nobody if the cookie is not ours."""
        try:
            cookie = bytes.fromhex(cookies.get(COOKIE))
        except ValueError:
            return []
        signed = self._signer.read(PURPOSE, HOLDER, cookie, now_ms=now_ms)
        return [] if signed is None else signed.about.decode().split()

    def remember(self, cookies: Cookies, id_: str, *, now_ms: int) -> None:
        """Somebody is in it who has proved nothing. Once in an answer."""
        others = [other for other in self.known(cookies, now_ms=now_ms) if other != id_]
        about = " ".join([*others, id_][-IDS_MAX:]).encode()
        signed = self._signer.sign(PURPOSE, HOLDER, about, ends_ms=now_ms + self._life_s * 1000)
        cookies.put(COOKIE, signed.hex(), max_age_s=self._life_s)
