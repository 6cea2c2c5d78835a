"""When a notice that is not acknowledged is told again. Pure: no I/O, no clock.

WeChat Pay's pauses: 15 s, 15 s, 30 s, 3 min, 10, 20, 30, 30, 30, 60 min, 3 h, 3, 3, 6, 6: 24 h and 4 min in all
(pay.weixin.qq.com, payment notification). The sandbox goes through them LIVEHUB_SANDBOX_LADDER_RATE times as fast.
"""

from commerce.payments.store import NEVER_MS

PAUSES_S = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)


def pauses_ms(rate: float) -> list[int]:
    """After the first, second, ... try; after the last one it is told no more."""
    return [max(1, round(pause_s * 1000 / rate)) for pause_s in PAUSES_S] + [NEVER_MS]
