"""Which browser it is: those who proved nothing in it, guests and people by name alone, by their ids, in a cookie of its own.

Whoever signs in gets another cookie in place of the guest's, and whoever signs out begins as another guest, so that nobody
connects the two. A block of a device has to outlive both; so this one is of no app, is signed, and is read for blocks, and
for whether somebody was here before whose phone number may be another's by now.
"""

import hashlib
import hmac

from livehub.base.cookies import Cookies

COOKIE = "device"
IDS_MAX = 8  # the latest


class Browsers:
    """`life_s`: how long a browser is known, from when somebody new was in it."""

    def __init__(self, secret: str, life_s: int) -> None:
        self._key = hmac.digest(secret.encode(), b"livehub browsers", hashlib.sha256)
        self._life_s = life_s

    def known(self, cookies: Cookies) -> list[str]:
        """Who was in it, the latest last; nobody if the cookie is not ours."""
        mac, _, ids = cookies.get(COOKIE).partition(".")
        return (
            ids.split(".") if hmac.compare_digest(mac.encode("utf-8", "surrogatepass"), self._mac(ids).encode()) else []
        )

    def remember(self, cookies: Cookies, id_: str) -> None:
        """Somebody is in it who has proved nothing; their id is one that we made, and has no dot. Once in an answer."""
        others = [other for other in self.known(cookies) if other != id_]
        ids = ".".join([*others, id_][-IDS_MAX:])
        cookies.put(COOKIE, f"{self._mac(ids)}.{ids}", max_age_s=self._life_s)

    def _mac(self, ids: str) -> str:
        return hmac.new(self._key, ids.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
