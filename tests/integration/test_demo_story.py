"""What a first look finds of proof: batches with their journey, a van on its way, a breach, and all of it in the log."""

import json
import re
import signal
from pathlib import Path
from typing import Any

import aiohttp

from tests.integration.processes import Processes
from tests.integration.server import eventually
from tests.patience import START_PATIENCE_S
from tests.ports import free_port


async def test_the_demo_has_batches_a_van_and_a_breach_in_its_log(processes: Processes, folder: Path) -> None:
    url, data = f"http://127.0.0.1:{(port := free_port())}", folder / "data"

    async def up() -> bool:
        assert demo.alive, demo.printed
        return "Ctrl-C" in demo.printed

    for start in range(2):
        demo = processes.start("demo", "--port", str(port), "--data", str(data))
        await eventually(up, within_s=START_PATIENCE_S)
        token = re.search(r"ops console .*#token=(\S+)", demo.printed)
        journey = re.search(r"journey +http://[^/]+(/01/\S+)", demo.printed)
        assert token is not None, demo.printed
        assert journey is not None, demo.printed
        async with aiohttp.ClientSession(url, headers={"Authorization": f"Bearer {token[1]}"}) as calls:

            async def got(path: str) -> Any:
                async with calls.get(path) as answer:
                    assert answer.status == 200, await answer.text()
                    return await answer.json()

            batches = (await got("/api/batches"))["items"]
            assert sorted((each["product"], each["boxes"]) for each in batches) == [("blueberries", 24), ("greens", 0)]
            assert all(each["chain"]["leaf"] is not None for each in batches)

            async def is_found() -> bool:  # what came afterwards is judged a moment later
                found = (await got("/api/cold-chain/findings"))["items"]
                told = {(each["level"], each["product"], each["cause"]) for each in found}
                return told >= {("breach", "greens", "above"), ("warning", "blueberries", "silence")}

            await eventually(is_found)
            found = (await got("/api/cold-chain/findings?level=breach"))["items"]
            assert {(each["product"], each["cause"]) for each in found} == {("greens", "above")}
            open_ = (await got("/api/shipments?is_open=true"))["items"]
            assert [each["destination"] for each in open_] == ["徐汇前置仓 Xuhui station"]
            async with calls.get(journey[1], headers={"Accept": "text/html"}) as page:
                assert (page.status, "3 号棚" in await page.text()) == (200, True)
        if start == 0:
            kept = json.loads((data / "demo-sensors.json").read_text())
            assert (data / "demo-sensors.json").stat().st_mode & 0o777 == 0o600
            assert set(kept) == {"van", "cart"}
            demo.tell(signal.SIGTERM)
            assert await demo.ended() == 0
