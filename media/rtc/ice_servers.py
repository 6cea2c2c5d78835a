"""STUN and TURN servers as peers are told of them. Pure: no I/O, time is an argument.

A TURN server that shares a secret with us (coturn: `use-auth-secret`) takes a user name that is the moment it is good until,
and as password that name's HMAC-SHA1 (draft-uberti-behave-turn-rest-00, section 2.2). So what is told to everybody is of no
use to who keeps it.
"""

import base64
import hashlib
import hmac


def links_of(entries: str, *, secret: str, ttl_s: float, now_s: float) -> str:
    """The value of a Link header (RFC 9725, section 4.6); empty when there are none.

    `entries`: comma separated, each an address, alone or with user and password. `now_s`: Unix seconds.
    """
    links = []
    for entry in filter(str.strip, entries.split(",")):
        url, *credentials = entry.split()
        if not credentials and secret and url.startswith(("turn:", "turns:")):
            credentials = list(_temporary_credentials(secret, int(now_s + ttl_s)))
        link = f'<{url}>; rel="ice-server"'
        if len(credentials) == 2:
            user, password = (part.replace('"', "") for part in credentials)
            link += f'; username="{user}"; credential="{password}"; credential-type="password"'
        links.append(link)
    return ", ".join(links)


def _temporary_credentials(secret: str, until_s: int) -> tuple[str, str]:
    user = str(until_s)
    made = hmac.new(secret.encode(), user.encode(), hashlib.sha1)
    return user, base64.b64encode(made.digest()).decode()
