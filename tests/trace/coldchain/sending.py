"""`python -m tests.trace.coldchain.sending URL NOW_S`: takes readings in until it is killed, and says what is durable.

Reads {device: key} from its input. Each device sends its next body when the last one is answered; `device seq` is printed then.
"""

import asyncio
import json
import sys
import time

from livehub.base.config import Config
from livehub.base.db import Database
from tests.base.served import SECRET
from tests.trace.coldchain.van import MINUTE_MS, signed
from trace.coldchain.intake import Intake
from trace.coldchain.keys import DeviceKeys
from trace.coldchain.settings import ColdChainConfig

SEQ_MAX = 100_000


def body_of(seq: int, from_ms: int) -> bytes:
    """A reading a minute; every tenth is too warm."""
    celsius = 9.0 if seq % 10 == 0 else 4.0
    return json.dumps({"seq": seq, "readings": [{"at": from_ms + seq * MINUTE_MS, "celsius": celsius}]}).encode()


async def run(url: str, now_s: float) -> None:
    database = Database(Config(database_url=url, secret=SECRET))
    keys = DeviceKeys(database, SECRET, kept_s=3600.0, keys_max=100, monotonic_s=time.monotonic)
    intake = Intake(ColdChainConfig(), database, keys, lambda: now_s)
    await database.open()
    intake.start()
    secrets = json.load(sys.stdin)
    await asyncio.gather(*(_send(intake, device, key, round(now_s * 1000)) for device, key in secrets.items()))


async def _send(intake: Intake, device: str, key: str, now_ms: int) -> None:
    for seq in range(1, SEQ_MAX):
        body = body_of(seq, now_ms - 5_000 * MINUTE_MS)
        await intake.take(device, body, signed(key, body))
        sys.stdout.write(f"{device} {seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2])))
