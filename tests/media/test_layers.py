"""Inside media, too, arrows point down: each wrong import is found by the contract that forbids it, and so is a new module."""

from pathlib import Path

from tests.test_layers import checkout, lint

__all__ = ["checkout"]

FLOOR = "Media: every module has its floor"
OUTPUTS = "Media: outputs know neither cameras nor programs"
CIRCLE = "Media: no module imports in a circle"

WRONG = {
    "media/codecs/audio.py": ("media.hls.playlist", FLOOR),
    "media/record/catalog.py": ("media.clips.selection", FLOOR),
    "media/hls/packager.py": ("media.whep.packetizer", FLOOR),
    "media/whep/packetizer.py": ("media.ingest.camera", OUTPUTS),
    "media/record/recorder.py": ("media.program.mix", OUTPUTS),
    "media/record/journal.py": ("media.record.writer", CIRCLE),
}


def test_every_wrong_import_is_found(checkout: Path) -> None:
    for name, (imported, _) in WRONG.items():
        path = checkout / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\nimport {imported}\n", encoding="utf-8")
    found = lint(checkout)
    assert found.returncode == 1
    for contract in (FLOOR, OUTPUTS, CIRCLE):
        assert f"{contract} BROKEN" in found.stdout
    for name, (imported, contract) in WRONG.items():
        module = name.removesuffix(".py").replace("/", ".")
        if contract != CIRCLE:
            assert f"{module} -> {imported}" in found.stdout, module
    assert "No cycles are allowed in media.record." in found.stdout


def test_a_module_without_a_floor_is_found(checkout: Path) -> None:
    (checkout / "media" / "forgotten.py").write_text('"""New."""\n', encoding="utf-8")
    found = lint(checkout)
    assert found.returncode == 1
    assert f"{FLOOR} BROKEN" in found.stdout
    assert "media.forgotten" in found.stdout
