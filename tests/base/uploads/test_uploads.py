"""Uploads over HTTP: what is taken is kept clean, in two sizes; of what is refused nothing stays, on the disk or in a table."""

import asyncio
import contextlib
import gzip
import hashlib
import io
import json
import os
import signal
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from livehub.base.auth import Role
from livehub.base.uploads.settings import UploadsConfig
from livehub.base.uploads.uploads import Uploads
from tests.base.served import Answer, Served, serving
from tests.base.uploads.pictures import (
    BLUE,
    GREEN,
    RED,
    SECRET_PLACE,
    STORED,
    WHITE,
    chunks_of,
    corners,
    gif_of,
    png_of,
    quarters,
    saved,
    telling,
)
from tests.integration.server import eventually
from tests.media.record.s3 import BUCKET, KEY, REGION, SECRET, s3_server
from tests.patience import PATIENCE_S

DAY_S = 86_400
TABLES = ("uploads", "upload_counts", "idempotency_keys")


@asynccontextmanager
async def site(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[Served]:
    async with serving(database_url, uploads_dir=str(folder / "kept"), **settings) as served:
        yield served


@pytest.fixture
async def served(database_url: str, folder: Path) -> AsyncIterator[Served]:
    async with site(database_url, folder) as server:
        yield server


async def send(
    served: Served,
    data: bytes,
    *,
    user: str = "ann",
    role: Role | None = Role.VIEWER,
    key: str | None = None,
    media_type: str = "image/jpeg",
    **headers: str,
) -> Answer:
    given = {"Content-Type": media_type, **({"Idempotency-Key": key} if key else {})}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await served.call("POST /api/uploads", raw=data, role=role, user=user, headers=given)


async def taken(served: Served, data: bytes, **options: Any) -> dict[str, Any]:
    answer = await send(served, data, **options)
    assert answer.status == 201, answer
    body: dict[str, Any] = answer.body
    return body


def kept(folder: Path) -> list[str]:
    """The files that are kept."""
    root = folder / "kept"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def nameless() -> int:
    """How many files this process has open that have no name."""
    return sum(str(link).endswith(" (deleted)") for link in _open_files())


def _open_files() -> list[Path]:
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.append(link.readlink())
        except OSError:
            pass  # the one that lists them
    return found


async def sweep(served: Served) -> None:
    await served.application.get(Uploads).sweep()


async def rows(served: Served, *tables: str) -> dict[str, list[str]]:
    return {table: await served.rows(table) for table in tables or TABLES}


# --- what is taken ---


async def test_a_picture_is_kept_in_two_sizes_and_given_to_everybody_for_ever(served: Served, folder: Path) -> None:
    data = saved(quarters(2_400, 1_800))
    body = await taken(served, data)
    id_ = body["id"]
    assert body == {
        "id": id_,
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": 1_600,
        "height": 1_200,
        "urls": {"large": f"/uploads/{id_}/large.webp", "small": f"/uploads/{id_}/small.webp"},
    }
    assert kept(folder) == [f"{id_}/large.webp", f"{id_}/small.webp"]
    for name, size in (("large", (1_600, 1_200)), ("small", (480, 360))):
        got = await served.call(f"GET {body['urls'][name]}", role=None)
        assert got.status == 200
        image = Image.open(io.BytesIO(got.raw))
        assert (image.format, image.size, corners(image)) == ("WEBP", size, [RED, GREEN, BLUE, WHITE])
        assert got.headers["Content-Type"] == "image/webp"
        assert got.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert (await served.call(f"HEAD {body['urls']['small']}", role=None)).status == 200


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_every_orientation_is_turned_upright_once(served: Served, orientation: int) -> None:
    data = saved(STORED[orientation](quarters(120, 80)), orientation=orientation, quality=95)
    body = await taken(served, data)
    assert (body["width"], body["height"]) == (120, 80)
    got = await served.call(f"GET {body['urls']['large']}", role=None)
    assert corners(Image.open(io.BytesIO(got.raw))) == [RED, GREEN, BLUE, WHITE]


async def test_no_byte_of_where_it_was_taken_is_left(served: Served, folder: Path) -> None:
    data = telling()
    assert data.count(SECRET_PLACE) >= 3
    body = await taken(served, data)
    for name in ("large", "small"):
        webp = (folder / "kept" / body["id"] / f"{name}.webp").read_bytes()
        assert chunks_of(webp) == [b"VP8 "]
        assert not any(part in webp for part in (SECRET_PLACE, SECRET_PLACE[:12], b"Exif", b"xmpmeta", b"GPS"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_the_content_says_what_it_is_and_not_its_header(served: Served, kind: str) -> None:
    for media_type in ("image/gif", "application/octet-stream"):
        await taken(served, saved(quarters(), kind), media_type=media_type)


async def test_a_page_with_a_picture_before_it_is_a_picture_and_no_more(served: Served, folder: Path) -> None:
    script = b"<html><script>alert(document.domain)</script></html>"
    body = await taken(served, saved(quarters(), comment=script) + script)
    for path in kept(folder):
        assert b"script" not in (folder / "kept" / path).read_bytes()
    assert (body["width"], body["height"]) == (64, 48)


async def test_of_data_that_goes_on_and_on_only_the_pixels_are_read(served: Served) -> None:
    body = await taken(served, png_of(100, 50, data=bytes(100_000_000)))
    assert (body["width"], body["height"]) == (100, 50)


async def test_a_compressed_body_is_taken_up_to_the_same_size(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_bytes_max=100_000) as served:
        data = saved(quarters())
        body = await taken(served, gzip.compress(data), Content_Encoding="gzip")
        assert body["sha256"] == hashlib.sha256(data).hexdigest()
        bomb = await send(served, gzip.compress(b"\xff\xd8\xff" + bytes(10_000_000)), Content_Encoding="gzip")
        assert (bomb.status, bomb.body["code"]) == (413, 1302)


async def test_staff_and_viewers_may_send_and_nobody_else(served: Served) -> None:
    data = saved(quarters())
    for role in (Role.VIEWER, Role.COURIER, Role.HOST, Role.OPS, Role.ADMIN):
        await taken(served, data, role=role)
    before = await rows(served)
    for nobody in (None, Role.GUEST):
        assert (await send(served, data, role=nobody)).body["name"] == "unauthenticated"
    assert await rows(served) == before


# --- the key ---


async def test_the_same_key_and_picture_are_one_upload(served: Served, folder: Path) -> None:
    data = saved(quarters())
    first = await send(served, data, key="key-of-one")
    again = await send(served, data, key="key-of-one")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(kept(folder)) == 2
    other = await send(served, saved(quarters(80, 80)), key="key-of-one")
    assert (other.status, other.body["code"]) == (422, 1004)
    both = await asyncio.gather(*(send(served, data, key="key-of-two") for _ in range(2)))
    assert both[0].body == both[1].body
    somebody_else = await taken(served, data, key="key-of-one", user="bob")
    assert len({first.body["id"], both[0].body["id"], somebody_else["id"]}) == 3
    assert len(kept(folder)) == 6


async def test_a_key_that_was_forgotten_still_names_the_same_upload(served: Served, folder: Path) -> None:
    data = saved(quarters())
    first = await taken(served, data, key="key-of-one")
    await served.database.execute("DELETE FROM idempotency_keys")
    counted = await rows(served, "upload_counts")
    assert await taken(served, data, key="key-of-one") == first
    assert await rows(served, "upload_counts") == counted


async def test_a_key_whose_picture_was_refused_can_be_used_again(served: Served) -> None:
    damaged = saved(quarters())[:200]
    for _ in range(2):
        assert (await send(served, damaged, key="key-of-one")).body["code"] == 1303
    await taken(served, saved(quarters()), key="key-of-one")


# --- what is refused ---

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)
AVIF = b"\0\0\0\x1cftypavif\0\0\0\0mif1avif" + bytes(100)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
NOISE = saved(Image.effect_noise((400, 400), 80), quality=95)

REFUSED: dict[str, tuple[bytes, int, str]] = {
    "HEIC": (HEIC, 415, "unsupported_image"),
    "AVIF": (AVIF, 415, "unsupported_image"),
    "SVG": (SVG, 415, "unsupported_image"),
    "SVG with a declaration": (b"<?xml version='1.0'?>" + SVG, 415, "unsupported_image"),
    "HTML that goes on as JPEG": (b"<html>" + saved(quarters()), 415, "unsupported_image"),
    "GIF of 10,000 frames": (gif_of(10_000), 415, "unsupported_image"),
    "PDF": (b"%PDF-1.7", 415, "unsupported_image"),
    "TIFF": (saved(quarters(), "TIFF"), 415, "unsupported_image"),
    "nothing": (b"", 415, "unsupported_image"),
    "zeros": (bytes(1_000), 415, "unsupported_image"),
    "PNG that says 50000x50000": (png_of(50_000, 50_000), 422, "too_many_pixels"),
    "PNG that says 2147483647x1": (png_of(2**31 - 1, 1), 422, "too_many_pixels"),
    "PNG of 3 megapixels where 2 are decoded": (saved(Image.new("1", (2_000, 1_500)), "PNG"), 422, "too_many_pixels"),
    "PNG whose text is a bomb": (
        png_of(9, 9, (b"zTXt", b"a\0\0" + zlib.compress(bytes(80_000_000)))),
        422,
        "damaged_picture",
    ),
    "PNG whose profile is a bomb": (
        png_of(9, 9, (b"iCCP", b"a\0\0" + zlib.compress(bytes(80_000_000)))),
        422,
        "damaged_picture",
    ),
    "PNG without data": (png_of(9, 9), 422, "damaged_picture"),
    "JPEG that is cut off": (NOISE[: len(NOISE) // 2], 422, "damaged_picture"),
    "JPEG of three bytes": (b"\xff\xd8\xff", 422, "damaged_picture"),
    "WebP that is cut off": (saved(quarters(), "WEBP")[:40], 422, "damaged_picture"),
    "WebP of its header": (b"RIFF\0\0\0\0WEBP", 422, "damaged_picture"),
    "500,001 bytes": (saved(quarters()) + bytes(500_001), 413, "picture_too_large"),
}
CODES = {"unsupported_image": 1300, "too_many_pixels": 1301, "picture_too_large": 1302, "damaged_picture": 1303}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_good_picture_is_refused_with_a_number_and_leaves_nothing(
    database_url: str, folder: Path, what: str
) -> None:
    data, status, name = REFUSED[what]
    async with site(database_url, folder, uploads_pixels_max=2_000_000, uploads_bytes_max=500_000) as served:
        open_before = nameless()
        answer = await send(served, data, key="the-only-key")
        assert (answer.status, answer.body["name"], answer.body["code"]) == (status, name, CODES[name])
        assert kept(folder) == []
        assert nameless() == open_before
        assert await rows(served, "uploads", "idempotency_keys") == {"uploads": [], "idempotency_keys": []}


async def test_who_sends_heic_is_told_to_send_a_jpeg(served: Served) -> None:
    answer = await send(served, HEIC, media_type="image/heic")
    assert answer.body["detail"] == "HEIC can't be read here. Send a JPEG."
    assert answer.body["found"] == "HEIC"
    assert (await send(served, SVG)).body["found"] is None


async def test_bounds_are_told_with_the_refusal(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_pixels_max=10_000, uploads_bytes_max=2_000) as served:
        large = await send(served, saved(Image.new("1", (200, 200)), "PNG"))
        assert (large.body["pixels_max"], large.body["edge_px_max"]) == (10_000, 20_000)
        assert (await send(served, bytes(3_000))).body["bytes_max"] == 2_000


async def test_a_form_or_text_is_no_file(served: Served) -> None:
    for media_type in (
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/json",
    ):
        answer = await send(served, saved(quarters()), media_type=media_type)
        assert (answer.status, answer.body["code"]) == (415, 1007), media_type


async def test_where_no_place_is_set_none_are_taken(database_url: str) -> None:
    async with serving(database_url) as served:
        answer = await send(served, saved(quarters()))
        assert (answer.status, answer.body["code"]) == (403, 1307)
        assert (await served.call("GET /uploads/0123456789abcdefgh/large.webp", role=None)).status == 404


async def test_a_picture_that_is_not_there_is_not_found(served: Served) -> None:
    for path in (
        "/uploads/0123456789abcdefgh/large.webp",
        "/uploads/0123456789abcdefgh/huge.webp",
        "/uploads/../kept/large.webp",
        "/uploads/%2e%2e/large.webp",
    ):
        assert (await served.call(f"GET {path}", role=None)).status == 404, path


async def test_a_picture_that_does_not_come_in_time_leaves_nothing(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_receive_s=0.2) as served:
        url = served.client.make_url("/api/uploads")
        assert url.host is not None
        assert url.port is not None
        open_before = nameless()
        reader, writer = await asyncio.open_connection(url.host, url.port)
        head = f"POST /api/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token(Role.VIEWER)}\r\n"
        head += "Content-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n"
        writer.write(head.encode() + b"\xff\xd8\xff")
        answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert nameless() == open_before
        assert await rows(served) == {table: [] for table in TABLES}


async def begun(served: Served, user: str, *, size: int = 100_000) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An upload of which three bytes have been sent."""
    url = served.client.make_url("/api/uploads")
    assert url.host is not None
    assert url.port is not None
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST /api/uploads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token(Role.VIEWER, user)}\r\n"
    head += f"Content-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode() + b"\xff\xd8\xff")
    return reader, writer


async def trickle(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for as long as somebody listens."""
    while not writer.is_closing():
        writer.write(b"\0")
        await asyncio.sleep(0.02)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """All of an answer after which the server hangs up."""
    received = b""
    async with asyncio.timeout(PATIENCE_S):
        with contextlib.suppress(ConnectionResetError):
            while piece := await reader.read(65_536):
                received += piece
    return received


async def test_a_picture_that_trickles_in_is_refused_long_before_its_time_is_over(
    database_url: str, folder: Path
) -> None:
    async with site(database_url, folder, uploads_begin_s=0.3, uploads_bytes_per_s_min=1_000) as served:
        open_before = nameless()
        reader, writer = await begun(served, "eve")
        trickling = asyncio.create_task(trickle(writer))
        began_s = asyncio.get_running_loop().time()
        answer = await ended(reader)
        assert asyncio.get_running_loop().time() - began_s < PATIENCE_S / 2 < served_receive_s(served)
        trickling.cancel()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 1009
        assert nameless() == open_before
        assert await rows(served) == {table: [] for table in TABLES}
        await taken(served, saved(quarters()))


def served_receive_s(served: Served) -> float:
    return served.application.settings.of(UploadsConfig).uploads_receive_s


async def test_a_picture_that_comes_slowly_but_fast_enough_is_taken(database_url: str, folder: Path) -> None:
    data = saved(Image.effect_noise((200, 200), 80))
    async with site(database_url, folder, uploads_begin_s=5.0, uploads_bytes_per_s_min=1_000) as served:
        reader, writer = await begun(served, "ann", size=len(data))
        for at in range(3, len(data), len(data) // 10):
            await asyncio.sleep(0.05)
            writer.write(data[at : at + len(data) // 10])
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readline()).startswith(b"HTTP/1.1 201 ")
        writer.close()


async def test_those_of_one_network_who_are_slow_leave_places_to_others(database_url: str, folder: Path) -> None:
    limits = {"uploads_at_once_max": 3, "uploads_at_once_per_network_max": 2, "uploads_at_once_per_person_max": 1}
    async with site(database_url, folder, **limits, trust_proxy=True) as served:
        slow = [await begun(served, user) for user in ("eve", "mal")]

        async def are_held() -> bool:
            return (await send(served, b"", user="ann")).status == 429

        await eventually(are_held)
        refused = await send(served, saved(quarters()), user="ann")
        assert (refused.status, refused.body["code"], refused.body["retry_after_ms"]) == (429, 1003, 1_000)
        await taken(served, saved(quarters()), user="ann", X_Forwarded_For="192.0.2.1")
        for _, writer in slow:
            writer.transport.abort()

        async def are_free() -> bool:
            return (await send(served, saved(quarters()), user="ann")).status == 201

        await eventually(are_free)


# --- quotas ---


async def test_one_person_may_send_so_many_a_day_and_another_still_may(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_per_person_day_max=2) as served:
        data = saved(quarters())
        for _ in range(2):
            await taken(served, data)
        before = await rows(served, "uploads", "upload_counts")
        answer = await send(served, data)
        assert (answer.status, answer.body["code"]) == (429, 1305)
        assert 0 < answer.body["retry_after_ms"] <= DAY_S * 1000 + 20
        assert await rows(served, "uploads", "upload_counts") == before
        await taken(served, data, user="bob")
        served.clock.now_s += DAY_S
        await taken(served, data)


async def test_bytes_are_counted_as_well(database_url: str, folder: Path) -> None:
    data = NOISE
    limits = {"uploads_bytes_max": len(data), "uploads_bytes_per_person_day_max": 2 * len(data) - 1}
    async with site(database_url, folder, **limits) as served:
        await taken(served, data)
        assert (await send(served, data)).body["code"] == 1305
        await taken(served, saved(quarters()))


async def test_people_behind_one_address_share_what_it_may_send(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_per_network_day_max=2, trust_proxy=True) as served:
        data = saved(quarters())
        for user in ("ann", "bob"):
            await taken(served, data, user=user, X_Forwarded_For="2001:db8::1")
        refused = await send(served, data, user="cid", X_Forwarded_For="2001:db8::2")
        assert refused.body["code"] == 1305
        assert not [row for row in await served.rows("upload_counts") if "cid" in row]
        await taken(served, data, user="cid", X_Forwarded_For="2001:db8:1::2")


async def test_a_picture_that_could_not_be_decoded_counts(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_per_person_day_max=1) as served:
        assert (await send(served, NOISE[:1_000])).body["code"] == 1303
        assert (await send(served, saved(quarters()))).body["code"] == 1305
        assert (await send(served, SVG)).body["code"] == 1300  # which costs nothing, and is said first


# --- bounds of the process ---


def slow() -> bytes:
    """A picture that takes a moment to decode: a progressive one is read whole before it is made smaller."""
    return saved(Image.effect_noise((5_000, 5_000), 40).convert("RGB"), progressive=True, quality=30)


def decoders() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if any(word.endswith("decoder.py") for word in child.cmdline()):
                found.append(child)
        except psutil.Error:
            pass  # it has just ended
    return found


async def one_decodes() -> bool:
    return bool(decoders())


async def test_few_are_decoded_at_a_time(database_url: str, folder: Path) -> None:
    limits = {"uploads_decoders_max": 2, "uploads_at_once_per_person_max": 8}
    async with site(database_url, folder, **limits) as served:
        data = saved(Image.effect_noise((3_000, 2_000), 80))
        sending = asyncio.gather(*(taken(served, data) for _ in range(6)))
        most = 0
        while not sending.done():
            most = max(most, len(decoders()))
            await asyncio.sleep(0.01)
        assert most == 2
        assert len({body["id"] for body in await sending}) == 6
    assert decoders() == []


async def test_one_person_has_few_under_way(database_url: str, folder: Path) -> None:
    limits = {"uploads_at_once_per_person_max": 1, "uploads_at_once_per_network_max": 2, "uploads_at_once_max": 2}
    async with site(database_url, folder, **limits) as served:
        data = saved(Image.effect_noise((3_000, 2_000), 80))
        answers = await asyncio.gather(*(send(served, data, user=user) for user in ("ann", "ann", "bob", "cid")))
        assert sorted(answer.status for answer in answers) == [201, 201, 429, 503]
        await taken(served, saved(quarters()))


async def test_a_decoder_has_only_so_much_time_of_the_processor(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_decode_s_max=31.0) as served:
        sending = asyncio.create_task(send(served, slow()))
        bounds: set[tuple[int, int]] = set()

        async def is_bound() -> bool:
            for child in decoders():
                with contextlib.suppress(psutil.Error):
                    bounds.add(child.rlimit(psutil.RLIMIT_CPU))
            return (31, 31) in bounds

        await eventually(is_bound)
        await sending


async def test_a_machine_that_is_too_busy_to_decode_says_so(database_url: str, folder: Path) -> None:
    async with site(database_url, folder, uploads_decode_s_max=0.01) as served:
        answer = await send(served, slow())
        assert (answer.status, "Retry-After" in answer.headers) == (503, True)
        assert decoders() == []
        assert (kept(folder), await served.rows("uploads")) == ([], [])


async def test_a_decoder_that_is_killed_leaves_nothing(database_url: str, folder: Path) -> None:
    async with site(database_url, folder) as served:
        sending = asyncio.create_task(send(served, slow()))
        await eventually(one_decodes)
        for child in decoders():
            os.kill(child.pid, signal.SIGKILL)
        assert (await sending).body["code"] == 1304
        assert (kept(folder), await served.rows("uploads")) == ([], [])


async def test_the_decoder_knows_no_setting_of_ours(
    database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "hidden")
    async with site(database_url, folder) as served:
        sending = asyncio.create_task(send(served, slow()))
        await eventually(one_decodes)
        assert "SECRET_OF_OURS" not in decoders()[0].environ()
        assert (await sending).status == 201


# --- what becomes of it ---


async def test_what_nobody_uses_is_deleted_after_a_time(served: Served, folder: Path) -> None:
    unused, used = (
        await taken(served, saved(quarters()), role=Role.HOST),
        await taken(served, NOISE, role=Role.HOST, user="the-host"),
    )
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day", "poster": used["id"]})
    served.clock.now_s += DAY_S - 1
    await sweep(served)
    assert len(kept(folder)) == 4
    served.clock.now_s += 2
    await sweep(served)
    assert kept(folder) == [f"{used['id']}/large.webp", f"{used['id']}/small.webp"]
    assert (await served.call(f"GET {unused['urls']['large']}", role=None)).status == 404
    assert len(await served.rows("uploads")) == 1


async def test_what_was_not_finished_is_deleted_an_hour_later(served: Served, folder: Path) -> None:
    body = await taken(served, saved(quarters()))
    await served.database.execute("UPDATE uploads SET state = 'storing'")  # as after a crash between file and commit
    await sweep(served)
    assert len(kept(folder)) == 2
    served.clock.now_s += 3_601
    await sweep(served)
    assert (kept(folder), await served.rows("uploads")) == ([], [])
    assert body["id"]


async def test_a_request_after_a_crash_goes_on_where_the_other_one_ended(served: Served, folder: Path) -> None:
    data = saved(quarters())
    first = await taken(served, data, key="key-of-one")
    await served.database.execute("DELETE FROM idempotency_keys; UPDATE uploads SET state = 'storing'")
    assert await taken(served, data, key="key-of-one") == first
    assert "stored" in (await served.rows("uploads"))[0]


# --- where it is kept ---


async def test_pictures_are_kept_in_a_bucket_as_on_the_disk(database_url: str, folder: Path) -> None:
    async with s3_server() as bucket:
        of_bucket = {"url": bucket.url, "bucket": BUCKET, "region": REGION, "key": KEY, "secret": SECRET}
        in_bucket = {f"uploads_s3_{name}": value for name, value in of_bucket.items()}
        async with site(database_url, folder, **in_bucket) as served:
            body = await taken(served, saved(quarters()))
            assert sorted(bucket.objects) == [f"{body['id']}/large.webp", f"{body['id']}/small.webp"]
            got = await served.call(f"GET {body['urls']['large']}", role=None)
            assert (got.status, got.raw) == (200, bucket.objects[f"{body['id']}/large.webp"])
            assert got.headers["X-Content-Type-Options"] == "nosniff"
            assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            bucket.away = True
            assert (await served.call(f"GET {body['urls']['large']}", role=None)).status == 503
            data = saved(quarters(80, 80))
            assert (await send(served, data, key="key-of-two")).body["code"] == 1200
            bucket.away = False
            other = await taken(served, data, key="key-of-two")  # the same request, again
            assert len(bucket.objects) == 4
            served.clock.now_s += 2 * DAY_S
            await sweep(served)
            assert bucket.objects == {}
            assert (await served.call(f"GET {other['urls']['large']}", role=None)).status == 404
    assert kept(folder) == []


# --- posters and cards ---


async def test_a_poster_is_given_as_an_upload_and_shown_as_an_address(served: Served) -> None:
    body = await taken(served, saved(quarters()), role=Role.HOST, user="the-host")
    made = await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day", "poster": body["id"]})
    assert made["room"]["view"]["poster"] == body["urls"]["large"]
    other = await taken(served, NOISE, role=Role.HOST, user="the-host")
    host = {"name": "Mei", "avatar": other["id"]}
    await served.done("PATCH /api/rooms/farm", {"poster": other["id"], "host": host})
    view = (await served.done("GET /api/rooms/farm"))["room"]["view"]
    assert (view["poster"], view["host"]["avatar"]) == (other["urls"]["large"], other["urls"]["large"])
    await served.done("PATCH /api/rooms/farm", {"poster": "https://cdn.example/a.png"})
    assert (await served.done("GET /api/rooms/farm"))["room"]["view"]["poster"] == "https://cdn.example/a.png"
    await served.done("PATCH /api/rooms/farm", {"notice": "Soon"})
    assert (await served.done("GET /api/rooms/farm"))["room"]["view"]["poster"] == "https://cdn.example/a.png"
    await served.done("PATCH /api/rooms/farm", {"poster": ""})
    assert (await served.done("GET /api/rooms/farm"))["room"]["view"]["poster"] is None


async def test_a_card_is_given_a_picture_the_same_way(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    body = await taken(served, saved(quarters()), role=Role.HOST, user="the-host")
    for call in ("POST /api/rooms/farm/pins", "POST /api/rooms/farm/bag"):
        placed = await served.done(call, {"title": "Honey", "image": body["id"]})
        assert placed["card"]["image"] == body["urls"]["large"]
    assert await served.database.fetchval("SELECT used_as FROM uploads WHERE used_ts IS NOT NULL") == "product"


async def test_what_is_somebody_elses_and_not_shown_cannot_be_used(served: Served) -> None:
    await served.done("POST /api/rooms", {"id": "farm", "title": "Farm day"})
    private = await taken(served, saved(quarters()))
    before = await served.contents()
    for given in (private["id"], "0123456789abcdefgh"):
        for call, field, body in (
            ("PATCH /api/rooms/farm", "poster", {"poster": given}),
            ("PATCH /api/rooms/farm", "host.avatar", {"host": {"name": "Mei", "avatar": given}}),
            ("POST /api/rooms/farm/pins", "image", {"title": "Honey", "image": given}),
            ("POST /api/rooms", "poster", {"title": "Another", "poster": given}),
        ):
            answer = await served.call(call, body)
            assert (answer.status, answer.body["code"], answer.body["field"]) == (404, 1306, field), call
    assert await served.contents() == before


async def test_the_address_of_an_upload_keeps_it_as_its_id_does(served: Served, folder: Path) -> None:
    body = await taken(served, saved(quarters()), role=Role.HOST, user="the-host")
    await served.done("POST /api/rooms", {"title": "Farm day", "poster": body["urls"]["large"]})
    served.clock.now_s += 2 * DAY_S
    await sweep(served)
    assert len(kept(folder)) == 2


# --- people ---


async def test_who_is_forgotten_takes_their_pictures_along_and_leaves_the_shop_its_own(
    served: Served, folder: Path
) -> None:
    private, poster = [
        await taken(served, data, role=Role.HOST, user="the-host") for data in (saved(quarters()), NOISE)
    ]
    bobs = await taken(served, NOISE, user="bob")
    await served.done("POST /api/rooms", {"title": "Farm day", "poster": poster["id"]})
    tables = {table.table: table for module in served.application.context.modules for table in module.person_tables}
    for name in ("uploads", "upload_counts"):
        erase = tables[name].erase
        assert erase is not None
        assert await served.database.fetchval(erase, "the-host", "gone-1") == {"uploads": 2, "upload_counts": 1}[name]
    await sweep(served)
    assert {path.split("/")[0] for path in kept(folder)} == {poster["id"], bobs["id"]}
    assert not [row for table in ("uploads", "upload_counts") for row in await served.rows(table) if "the-host" in row]
    assert private["id"] not in str(await served.rows("uploads"))


async def test_who_turns_out_to_be_somebody_keeps_pictures_and_has_sent_what_they_sent(served: Served) -> None:
    tables = {table.table: table for module in served.application.context.modules for table in module.person_tables}
    uploads, counts = tables["uploads"], tables["upload_counts"]
    assert uploads.merge is not None
    assert uploads.unmerge is not None
    assert counts.merge is not None
    assert counts.unmerge is not None
    mine = await taken(served, saved(quarters()), user="ann-by-name")
    await taken(served, saved(quarters()), user="ann")
    moved = [row[0] for row in await served.database.fetch(uploads.merge, "ann-by-name", "ann")]
    counted = [row[0] for row in await served.database.fetch(counts.merge, "ann-by-name", "ann")]
    assert moved == [mine["id"]]
    assert await served.database.fetchval("SELECT uploads FROM upload_counts WHERE subject = 'ann'") == 2
    await served.database.fetch(uploads.unmerge, "ann-by-name", "ann", moved)
    owner = await served.database.fetchval("SELECT owner FROM uploads WHERE id = $1", mine["id"])
    assert owner == "ann-by-name"
    await served.database.fetch(counts.unmerge, "ann-by-name", "ann", counted)
    sent = await served.database.fetch("SELECT subject, uploads FROM upload_counts WHERE kind = 'person'")
    assert {row["subject"]: row["uploads"] for row in sent} == {"ann": 1, "ann-by-name": 1}
