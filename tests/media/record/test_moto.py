"""Storage works with somebody else's S3 server, too: moto's, out of its package, in an environment of its own.

The rest of the tests speak to a small server of ours (s3.py), which checks signatures and goes away when told to.
"""

import asyncio
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livehub.base.storage import ObjectStoreUnavailable, S3Access, S3ObjectStore, read_all
from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent.parent
PLACE = ROOT / ".venv" / "s3"
LOCK = ROOT / "requirements-s3.txt"
INSTALL_S = 100.0
UP_TRIES = 10
MAKE_BUCKET = """
import sys, boto3
boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1").create_bucket(Bucket="shows")
"""
SIGNED = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


def installed() -> Path:
    """The server's own Python, with what requirements-s3.txt locks."""
    with PLACE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the tests may want it, too
        return _installed()


def _installed() -> Path:
    python = PLACE / "bin" / "python"
    stamp = PLACE / "lock"
    if stamp.exists() and stamp.read_text() == LOCK.read_text():
        return python
    uv = Path(sys.executable).parent / "uv"
    try:
        for words in (
            ("venv", "--clear", "--quiet", str(PLACE)),
            ("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(LOCK)),
        ):
            # The system's certificates, as bootstrap/steps.py has them.
            environ = {"UV_SYSTEM_CERTS": "1", **os.environ}
            subprocess.run([str(uv), *words], check=True, timeout=INSTALL_S, capture_output=True, env=environ)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"moto cannot be installed here: {error}")
    stamp.write_text(LOCK.read_text())
    return python


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """A running S3 server with a bucket `shows`; its address."""
    python, port = installed(), free_port()
    url = f"http://127.0.0.1:{port}"
    with (folder / "moto.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
        )
    try:
        for _ in range(UP_TRIES):  # boto3 itself tries again while nobody listens
            made = subprocess.run([python, "-c", MAKE_BUCKET, url], env=SIGNED, capture_output=True, check=False)
            if made.returncode == 0:
                break
        else:
            pytest.fail((folder / "moto.log").read_text())
        yield url
    finally:
        process.terminate()
        process.wait(20)


def storage_of(url: str, bucket: str) -> S3ObjectStore:
    access = S3Access(url=url, bucket=bucket, region="us-east-1", key="key", secret="secret")
    return S3ObjectStore(access, uploads_max=4)


def storage(url: str) -> S3ObjectStore:
    return storage_of(url, "shows")


async def test_files_are_put_read_in_pieces_and_deleted_under_their_folder(server: str, folder: Path) -> None:
    store = storage(server)
    data = bytes(range(256)) * 40_000  # more than one part of a multipart upload
    (folder / "s0.m4s").write_bytes(data)
    for key in ("demo/rec-1/video/s0.m4s", "demo/rec-1/opus/s0.m4s", "demo/rec-10/video/s0.m4s"):
        await store.put(key, folder / "s0.m4s")
    assert await read_all(store, "demo/rec-1/video/s0.m4s") == data
    piece = await store.get("demo/rec-1/opus/s0.m4s", 1_000, 1_010)
    assert piece is not None
    assert (piece.size, piece.begin, piece.end) == (len(data), 1_000, 1_010)
    assert b"".join([chunk async for chunk in piece.chunks]) == data[1_000:1_010]
    assert await store.get("demo/rec-1/video/s1.m4s") is None

    await store.delete_under("demo/rec-1")
    assert await store.get("demo/rec-1/video/s0.m4s") is None
    assert await store.get("demo/rec-1/opus/s0.m4s") is None
    assert await read_all(store, "demo/rec-10/video/s0.m4s") == data


async def test_a_bucket_that_is_not_there_is_a_storage_that_is_away(server: str, folder: Path) -> None:
    (folder / "file").write_bytes(b"x")
    nowhere = storage_of(server, "none")
    with pytest.raises(ObjectStoreUnavailable):
        async with asyncio.timeout(60):
            await nowhere.put("a", folder / "file")
