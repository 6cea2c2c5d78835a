"""Outputs with a lower rendition: a process each, which ends with its stream, and whose death leaves gaps and no more."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from media.frames import VIDEO_HZ
from media.hls.origin import Origin
from media.hls.packaged_output import PackagedOutput
from media.outputs import ProgramOutputs
from media.record.journal import RecordedSegment, replay
from media.rtc.udp_mux import UdpMux
from media.settings import MediaConfig
from tests.media.hls.streams import ORIGIN_VIDEO, encoded_video
from tests.media.record.site import recording_site, until

STEP_S = 1 / 30


def is_gone(pid: int) -> bool:
    """Neither running nor waiting for somebody to ask how it ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


class Feeds:
    """The same pictures into streams over and over, at their times."""

    def __init__(self, *streams: PackagedOutput) -> None:
        self._streams = streams
        self._frames = encoded_video(320, 180, 60)
        self._number = 0
        self._began = int(time.time() * VIDEO_HZ)

    async def run(self, until: Callable[[], bool]) -> None:
        """Until something is so; 30 s at most."""
        async with asyncio.timeout(30):
            while not until():
                again, at = divmod(self._number, len(self._frames))
                frame = self._frames[at]
                time_ = self._began + frame.time - ORIGIN_VIDEO + again * 2 * VIDEO_HZ
                for stream in self._streams:
                    stream.put(structs.replace(frame, time=time_))
                self._number += 1
                await asyncio.sleep(max(0.0, (time_ - time.time() * VIDEO_HZ) / VIDEO_HZ + STEP_S))


def journal_in(folder: Path) -> Path:
    (found,) = folder.glob("farm/*/journal")
    return found


def opened(outputs: ProgramOutputs, room: str) -> PackagedOutput:
    (found,) = (each for each in outputs.open(room, lambda: None) if isinstance(each, PackagedOutput))
    return found


def pid_of(stream: PackagedOutput) -> int | None:
    assert stream.transcoder is not None
    return stream.transcoder.pid


async def test_each_stream_has_a_process_that_ends_with_it_and_may_die(database_url: str, tmp_path: Path) -> None:
    async with recording_site(database_url, tmp_path) as site:
        config = MediaConfig(media_lower=True, media_lower_side_px=120)
        outputs = ProgramOutputs(config, UdpMux(config), Origin(config), site.recordings)
        first, second = opened(outputs, "farm"), opened(outputs, "barn")
        feeds = Feeds(first, second)

        def recorded(rendition: str) -> list[RecordedSegment]:
            for journal in tmp_path.glob("farm/*/journal"):
                known = replay(journal.read_bytes()).renditions.get(rendition)
                return known.segments if known is not None else []
            return []

        await feeds.run(lambda: bool(recorded("low")))
        pids = [pid_of(first), pid_of(second)]
        assert None not in pids
        assert pids[0] != pids[1]
        os.kill(pids[0] or 0, signal.SIGKILL)
        before = recorded("low")[-1].msn
        await feeds.run(lambda: any(kept.msn > before + 1 and not kept.gap for kept in recorded("low")))
        assert pid_of(second) == pids[1]
        again = pid_of(first)
        assert again not in (None, *pids)

        for stream in (first, second):
            stream.finish()
        outputs.end("farm")
        await asyncio.gather(first.close(), second.close())
        assert all(is_gone(pid) for pid in (*pids, again) if pid is not None)
        journal = journal_in(tmp_path)
        await until(lambda: replay(journal.read_bytes()).closed is not None)
        low, video = recorded("low"), recorded("video")
        its = {each.msn: each for each in video}
        for each in low:
            lead = its[each.msn]
            assert (each.time, each.duration, each.discontinuity) == (lead.time, lead.duration, lead.discontinuity)
        assert [each.msn for each in low] == [each.msn for each in video][-len(low) :]
        master = await site.text(f"/media/recordings/{journal.parent.name}/index.m3u8")
        assert [line for line in master.splitlines() if line.endswith(".m3u8")] == [
            "video/index.m3u8",
            "low/index.m3u8",
        ]
