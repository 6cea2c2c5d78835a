"""The generated files in the checkout are what the generators make, and `spec --check` says so when they are not."""

import shutil
import subprocess
import sys
from pathlib import Path

from livehub.spec import generate

CHECKOUT = Path(__file__).parent.parent.parent


def copy_of_the_published_files(folder: Path) -> Path:
    for name in [*generate.FILES, *generate.PARTS]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / name, folder / name)
    return folder


def test_the_command_finds_the_checkout_current() -> None:
    command = [sys.executable, "-m", "livehub", "spec", "--check"]
    checked = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_a_changed_or_missing_file_is_stale_until_it_is_written(folder: Path) -> None:
    root = copy_of_the_published_files(folder)
    assert generate.stale(root) == []
    with (root / "web/src/shared/wire.ts").open("a") as wire:
        wire.write("export type Extra = 1;\n")
    (root / "web/src/shared/api-types.ts").unlink()
    operations = root / "docs/operations.md"
    operations.write_text(operations.read_text().replace("| `LIVEHUB_HOST` |", "| `LIVEHUB_HOAST` |"))
    names = ["web/src/shared/wire.ts", "web/src/shared/api-types.ts", "docs/operations.md"]
    assert generate.stale(root) == names
    assert generate.write(root) == names
    assert generate.stale(root) == []
    assert generate.write(root) == []
    for name in names:
        assert (root / name).read_bytes() == (CHECKOUT / name).read_bytes()
