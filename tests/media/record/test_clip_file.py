"""A clip's file is what phones' galleries and messengers play: one H.264 description, AAC; also across cameras of two sizes."""

import json
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from aiohttp import web
from av.container import InputContainer
from playwright.async_api import async_playwright

from media.clips.clip_writer import write_clip
from media.clips.selection import select_parts
from media.codecs.aac_transcoder import AacTranscoder
from media.frames import VideoFrame
from media.hls.packager import AAC, OPUS, VIDEO, Packager
from media.parts import PackagerEvent
from media.record import journal
from media.record.journal import CLIP_FILE, Begun, Ledger, Run
from media.record.writer import Writer
from tests.media.hls.chunks import boxes
from tests.media.record.streams import FRAMES_PER_S, ORIGIN_MS, SETTINGS, frames

SIZES = ((160, 120), (320, 240))


def recorded(folder: Path, *cuts: tuple[float, float, tuple[int, int]], aac: bool = True) -> Ledger:
    """A recording of stretches (from, to, size) on the disk."""
    packager = Packager(SETTINGS, ORIGIN_MS, None, (VIDEO, OPUS, AAC) if aac else (VIDEO, OPUS))
    writer = Writer(folder, Ledger())
    writer.open(Begun(journal.VERSION, "rec-1", "farm", ORIGIN_MS, ORIGIN_MS), Run("r1", ORIGIN_MS))
    transcoder = AacTranscoder()
    for begin, end, size in cuts:
        for frame in frames(begin, end, size=size):
            made: list[PackagerEvent] = []
            if isinstance(frame, VideoFrame):
                made = packager.video(frame)
            else:
                made = packager.audio(frame)
                for sound in transcoder.feed(frame) if aac else ():
                    made += packager.audio(sound, "aac")
            writer.put(made)
    writer.put(packager.close())
    writer.close(ORIGIN_MS)
    writer.release()
    return writer.ledger


def clip_of(folder: Path, *cuts: tuple[float, float, tuple[int, int]], aac: bool = True) -> Path:
    """The clip's file, of the whole recording."""
    ledger = recorded(folder / "rec-1", *cuts, aac=aac)
    selection = select_parts(ledger, ORIGIN_MS, ORIGIN_MS + round(cuts[-1][1] * 1000), length_ms_max=600_000)
    sources = {
        (name, file.name): file
        for name in ledger.renditions
        for file in (folder / "rec-1" / name).iterdir()
        if file.is_file()
    }
    write_clip(folder / "clip-1", "clip-1", ledger, selection, sources, free_bytes_min=0, encoded_s_max=60.0)
    return folder / "clip-1" / CLIP_FILE


def entries_of(path: Path) -> dict[str, list[str]]:
    """Sample entries of each track, by its handler."""
    movie = dict(boxes(path.read_bytes()))["moov"]
    found: dict[str, list[str]] = {}
    for kind, track in boxes(movie):
        if kind != "trak":
            continue
        media = dict(boxes(dict(boxes(track))["mdia"]))
        table = dict(boxes(dict(boxes(media["minf"]))["stbl"]))
        found[media["hdlr"][8:12].decode()] = [entry for entry, _ in boxes(table["stsd"][8:])]
    return found


def shown(path: Path) -> list[av.VideoFrame]:
    """All pictures, by a decoder that stops at the first fault."""
    with av.open(BytesIO(path.read_bytes()), format="mp4", options={"err_detect": "explode"}) as container:
        assert isinstance(container, InputContainer)
        return list(container.decode(video=0))


@pytest.mark.parametrize("aac", [True, False])
def test_it_has_one_description_of_the_picture_and_aac(folder: Path, aac: bool) -> None:
    path = clip_of(folder, (0.0, 4.0, SIZES[0]), aac=aac)
    assert entries_of(path) == {"vide": ["avc1"], "soun": ["mp4a"]}
    with av.open(str(path)) as container:
        assert isinstance(container, InputContainer)
        sound = container.streams.audio[0]
        assert (sound.codec_context.name, sound.codec_context.profile, sound.sample_rate) == ("aac", "LC", 48_000)
        heard = np.concatenate([each.to_ndarray()[0] for each in container.decode(sound)])
    assert len(heard) / 48_000 == pytest.approx(4.0, abs=0.05)
    assert 0.05 < float(np.abs(heard[4_800:-4_800]).max()) < 0.5  # the tone, and not noise
    assert len(shown(path)) == 100


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("middle_s", [1.0, 5.0])
def test_across_two_cameras_of_different_sizes_it_has_one_description_too(
    folder: Path, first: int, middle_s: float
) -> None:
    other = SIZES[1 - first]
    cuts = ((0.0, 2.0, SIZES[first]), (2.0, 2.0 + middle_s, other), (2.0 + middle_s, 4.0 + middle_s, SIZES[first]))
    path = clip_of(folder, *cuts)
    assert entries_of(path) == {"vide": ["avc1"], "soun": ["mp4a"]}
    pictures = shown(path)
    assert len(pictures) == (4.0 + middle_s) * FRAMES_PER_S
    longest = other if middle_s > 4 else SIZES[first]
    assert {(each.width, each.height) for each in pictures} == {longest}
    times = [each.time or 0.0 for each in pictures]
    assert times == pytest.approx([number / FRAMES_PER_S for number in range(len(times))], abs=0.001)
    for each in pictures:  # what is drawn: a gradient with a bright disc
        luma = each.to_ndarray(format="gray")
        assert luma.max() > 180
        assert 60 < luma.mean() < 160


def test_cameras_of_one_size_and_other_parameters_are_told_apart(folder: Path) -> None:
    path = clip_of(folder, (0.0, 3.0, (320, 180)), (3.0, 4.0, (180, 320)), (4.0, 5.0, (320, 180)))
    pictures = shown(path)
    assert {(each.width, each.height) for each in pictures} == {(320, 180)}
    upright = pictures[90].to_ndarray(format="gray")
    assert upright[:, :80].max() < 30  # black at both sides
    assert upright[:, 140:180].mean() > 60


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not installed")
def test_ffprobe_has_no_complaint(folder: Path) -> None:
    path = clip_of(folder, (0.0, 2.0, SIZES[0]), (2.0, 3.0, SIZES[1]), (3.0, 4.0, SIZES[0]))
    command = ["ffprobe", "-v", "warning", "-count_frames", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    picture, sound = json.loads(done.stdout)["streams"]
    assert (picture["codec_tag_string"], picture["nb_read_frames"], sound["codec_tag_string"]) == (
        "avc1",
        "100",
        "mp4a",
    )


PLAY = """async url => {
    const video = document.createElement('video')
    video.muted = true
    video.src = url
    document.body.append(video)
    const canvas = new OffscreenCanvas(32, 24), seen = []
    const look = () => {
        const context = canvas.getContext('2d')
        context.drawImage(video, 0, 0, 32, 24)
        const data = context.getImageData(0, 0, 32, 24).data
        let sum = 0
        for (let at = 0; at < data.length; at += 4) sum += data[at] + data[at + 1] + data[at + 2]
        seen.push([video.currentTime, sum / (32 * 24 * 3)])
        video.requestVideoFrameCallback(look)
    }
    video.requestVideoFrameCallback(look)
    await video.play()
    await new Promise((done, fail) => {
        video.onended = done
        video.onerror = () => fail(new Error(video.error.message))
    })
    return {seen, size: [video.videoWidth, video.videoHeight], duration: video.duration}
}"""


async def test_chromium_plays_it_across_the_cut(folder: Path, browser_path: str | None) -> None:
    path = clip_of(folder, (0.0, 2.0, SIZES[0]), (2.0, 3.0, SIZES[1]), (3.0, 4.0, SIZES[0]))
    app = web.Application()

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><body>", content_type="text/html")

    async def clip(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    app.router.add_get("/", page)
    app.router.add_get("/clip.mp4", clip)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
            )
            shown_page = await browser.new_page()
            await shown_page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            played = await shown_page.evaluate(PLAY, "/clip.mp4")
            await browser.close()
    finally:
        await runner.cleanup()
    assert played["size"] == [160, 120]
    assert played["duration"] == pytest.approx(4.0, abs=0.05)
    for begin in (0, 1, 2, 3):  # something of each second, and it is the picture
        light = [mean for at, mean in played["seen"] if begin <= at < begin + 1]
        assert light
        assert all(60 < mean < 180 for mean in light)
