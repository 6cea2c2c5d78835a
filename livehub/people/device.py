"""What a person would call the browser they use, out of its User-Agent. Pure: no I/O.

The header itself is not kept: it tells browsers apart better than people need.
"""

# The first that is found; those that name others come before these.
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("AlipayClient/", "Alipay"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("MiuiBrowser/", "Mi Browser"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
CHARS_MAX = 512  # of the header that are looked at


def device(user_agent: str) -> str:
    """`Chrome, Android`; "" when nothing of it is known."""
    seen = user_agent[:CHARS_MAX]
    found = [next((name for mark, name in known if mark in seen), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(part for part in found if part)
