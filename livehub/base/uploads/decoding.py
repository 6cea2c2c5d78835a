"""Runs the decoder (decoder.py): few at a time, each within a time of the processor, and none that outlives its request.

A process for each picture, and not a pool of processes that go on: what a hostile picture does to a decoder cannot reach the
next one, and a start costs a tenth of a second, which is less than the upload. The process that took the request starts it,
and not one with the role JOBS: the answer needs the outcome, and the original never gets a name that another process, or
another machine, could find it by.
"""

import asyncio
import json
import logging
import math
import sys
from pathlib import Path
from typing import IO

from msgspec import Struct

from livehub.base.errors import Unavailable
from livehub.base.uploads.errors import DamagedPicture, PictureTooCostly, TooManyPixels
from livehub.base.uploads.settings import UploadsConfig

log = logging.getLogger("livehub.uploads")

PROGRAM = Path(__file__).with_name("decoder.py")
EDGE_PX_MAX = 20_000  # a panorama has fewer; WebP ends at 16,383
BYTES_PER_PIXEL = 12  # three copies of RGBA at once; a progressive JPEG's coefficients are fewer
BASE_BYTES = 402_653_184  # Python, Pillow, and the pictures that come out
WALL_S_PER_PROCESSOR_S = 4  # decoders are nice to others: a busy machine gives them a part of a processor
RETRY_AFTER_MS = 5_000
OUT_BYTES_MAX = 32_000_000  # two WebP of a few megapixels have a megabyte


class Pictures(Struct, frozen=True, kw_only=True):
    """What is kept of a picture, as WebP. `width`, `height`: of the large one."""

    large: bytes
    small: bytes
    width: int
    height: int


class Decoder:
    def __init__(self, config: UploadsConfig) -> None:
        self._config = config
        self._places = asyncio.Semaphore(config.uploads_decoders_max)

    async def decode(self, file: IO[bytes], kind: str) -> Pictures:
        """The picture of that kind in `file`, in both sizes. Who waits for a place waits as long as its request may take.

        Raises TooManyPixels, DamagedPicture, PictureTooCostly, and Unavailable where the machine is too busy.
        """
        async with self._places:
            answer = await self._run(file, kind)
        header, _, data = answer.partition(b"\n")
        found = json.loads(header)
        match found.get("fault"):
            case None:
                end = found["large"]
                return Pictures(large=data[:end], small=data[end:], width=found["width"], height=found["height"])
            case "too_many_pixels":
                limits = {"pixels_max": self._config.uploads_pixels_max, "edge_px_max": EDGE_PX_MAX}
                raise TooManyPixels(details=limits)
            case "too_costly":
                raise PictureTooCostly
            case _:
                log.info("uploads.damaged", extra={"reason": found["reason"]})
                raise DamagedPicture

    def _arguments(self, kind: str) -> str:
        config = self._config
        return json.dumps(
            {
                "kind": kind,
                "pixels_max": config.uploads_pixels_max,
                "edge_px_max": EDGE_PX_MAX,
                "large_px": config.uploads_large_px,
                "small_px": config.uploads_small_px,
                "memory_bytes": BASE_BYTES + BYTES_PER_PIXEL * config.uploads_pixels_max,
                "processor_s": math.ceil(config.uploads_decode_s_max),
            }
        )

    async def _run(self, file: IO[bytes], kind: str) -> bytes:
        """What the program says. Raises PictureTooCostly when it did not come to say anything, and Unavailable when it was not
        given the time of the processor that it may take.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(PROGRAM), self._arguments(kind),
            stdin=file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._config.uploads_decode_s_max * WALL_S_PER_PROCESSOR_S):
                answer = await _read(process.stdout)
                code = await process.wait()
        except TimeoutError:
            log.warning("uploads.decoder_starved", extra={"kind": kind})
            raise Unavailable(retry_after_ms=RETRY_AFTER_MS) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code or not answer:
            log.warning("uploads.decoder_died", extra={"code": code, "kind": kind})
            raise PictureTooCostly
        return answer


async def _read(stream: asyncio.StreamReader) -> bytes:
    answer = bytearray()
    while piece := await stream.read(65_536):
        answer += piece
        if len(answer) > OUT_BYTES_MAX:
            raise PictureTooCostly
    return bytes(answer)
