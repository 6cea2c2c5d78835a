"""What the pages' verifier is tried on is what this server makes: web/src/trace/verify/receipts.json."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from tests.trace.logs import SIGNER, numbered
from tests.trace.test_verify import write
from trace.log.keys import Ed25519Signer
from trace.log.reader import LogReader

FILE = Path(__file__).parent.parent.parent / "web/src/trace/verify/receipts.json"
SIZES = (1, 2, 7, 256, 257, 700)
PAIRS = ((1, 2), (2, 7), (7, 256), (256, 257), (257, 700), (700, 700))


def made(folder: Path) -> dict[str, Any]:
    """Logs of several sizes: receipts of their first, last and middle entries, checkpoints, proofs between them."""
    readers = {}
    for size in SIZES:
        write(folder / str(size), [numbered(0, size)])
        readers[size] = LogReader(folder / str(size), tiles_cached_max=10)
    receipts = []
    for size in SIZES:
        for index in sorted({0, size // 2, size - 1}):
            receipt = readers[size].receipt(index)
            assert receipt is not None
            entry = b'{"number":%d}' % index
            receipts.append(
                {"entry": entry.decode(), "index": index, "size": size, "receipt": receipt.encode().decode()}
            )
    checkpoints = {}
    for size in SIZES:
        raw = readers[size].folder.checkpoint()
        assert raw is not None
        checkpoints[str(size)] = raw.decode()
    consistency = [
        {
            "before": one,
            "size": two,
            "hashes": [b64encode(each).decode() for each in readers[two].consistency(one, two)],
        }
        for one, two in PAIRS
    ]
    other = Ed25519Signer("shop.example/log", bytes(32))
    keys = {"key": SIGNER.verifier.vkey, "other": other.verifier.vkey}
    return {**keys, "receipts": receipts, "checkpoints": checkpoints, "consistency": consistency}


def test_the_pages_try_their_verifier_on_what_we_make(folder: Path) -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == made(folder)
