"""What people wrote in README.md and docs/ is true as far as a program can tell: links, files, names, numbers, commands.

Generated parts have tests of their own (tests/spec/).
"""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from livehub import VERSION
from livehub.app import DEMO_MODULES, MODULES, Application, settings
from livehub.base.config import Config, variable
from livehub.base.metrics import REGISTRY
from livehub.base.module import sections
from livehub.hub.sockets.close_codes import CloseCode
from livehub.reactions import Reactions

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLDERS = "livehub|commerce|fulfil|trace|media|web|loadtest|tests|bootstrap|docs"

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")

per_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@cache
def prose(document: Path) -> str:
    """The text without its code blocks."""
    return FENCE.sub("", document.read_text(encoding="utf-8"))


@cache
def anchors(document: Path) -> frozenset[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = HEADING.findall(prose(document))
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def codes(document: str) -> list[str]:
    """What stands in backticks in a document of docs/."""
    return CODE.findall(prose(ROOT / "docs" / document))


@per_document
def test_every_relative_link_leads_somewhere(document: Path):
    for link in LINK.findall(prose(document)):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


@per_document
def test_every_file_that_is_named_is_there(document: Path):
    named = [code for code in CODE.findall(prose(document)) if re.fullmatch(rf"(?:{FOLDERS})/[\w./-]+", code)]
    missing = [name for name in named if not (ROOT / name).exists()]
    assert missing == []


@per_document
def test_every_setting_that_is_named_exists(document: Path):
    declared: list[type[Config]] = [Config, *sections(DEMO_MODULES)]
    fields = {field for section in declared for field in section.__struct_fields__}
    known = {variable(field) for field in fields} | {"LIVEHUB_PORT", "LIVEHUB_DATA"}
    named = set(re.findall(r"\bLIVEHUB_[A-Z_]+[A-Z]\b", document.read_text(encoding="utf-8")))
    assert named - known == set()


EVERYTHING = settings(secret="x" * 40, log_dir="log", log_key="0" * 64)  # of what is there only where it is switched on


def metrics_of_the_product() -> set[str]:
    """Those of socket events, one each, as one."""
    exported = {metric.name for metric in REGISTRY.collect()}
    return {name for name in exported if not name.startswith("livehub_events_")} | {"livehub_events_NAME"}


def test_every_metric_of_a_server_is_listed_in_operations():
    Application(EVERYTHING)  # which offers the figures that are read when asked for
    exported = metrics_of_the_product()
    assert exported - set(codes("operations.md")) == set()


def test_every_metric_that_is_listed_exists():
    Application(EVERYTHING)
    exported = metrics_of_the_product()
    listed = {code for code in codes("operations.md") if re.fullmatch(r"(livehub|process|python)_\w+", code)}
    assert listed - exported == set()


def test_every_command_is_in_operations():
    shown = subprocess.run(
        [sys.executable, "-m", "livehub", "--help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    commands = re.findall(r"^    (\w+) ", shown.stdout, re.MULTILINE)
    assert {"demo", "serve", "migrate", "doctor", "token", "spec"} <= set(commands)
    text = prose(ROOT / "docs" / "operations.md")
    assert [command for command in commands if f"`python -m livehub {command}" not in text] == []


def test_the_errors_that_operations_explains_have_these_names():
    known = {error.code: error.name for module in MODULES for error in module.errors}
    rows = re.findall(r"^\| (\d{4}) \| `(\w+)` \|", prose(ROOT / "docs" / "operations.md"), re.MULTILINE)
    assert len(rows) >= 8
    assert [row for row in rows if known.get(int(row[0])) != row[1]] == []


def test_the_close_codes_that_are_named_exist():
    bounds_of_ranges, given_up = {3000, 3499, 3500, 3999}, {3501}
    known = {int(code) for code in CloseCode} | bounds_of_ranges | given_up
    for document in DOCUMENTS:
        named = {int(code) for code in re.findall(r"(?<!RFC )\b(3\d{3})\b(?!\.\d)(?!`? \|)", prose(document))}
        assert named - known == set(), document.name


def test_the_log_events_that_operations_explains_are_written():
    packages = ("livehub", "commerce", "media", "trace")
    code = "\n".join(path.read_text(encoding="utf-8") for name in packages for path in (ROOT / name).rglob("*.py"))
    section = prose(ROOT / "docs" / "operations.md").partition("## Logs")[2].partition("\n## ")[0]
    named = [name for name in CODE.findall(section) if re.fullmatch(r"[a-z]+\.[a-z_]+", name)]
    assert len(named) >= 10
    assert [name for name in named if f'"{name}"' not in code] == []


def test_the_architecture_names_the_events_that_are_reacted_to():
    text = prose(ROOT / "docs" / "architecture.md")
    subscriptions = Reactions.__new__(Reactions).subscriptions()
    events = [name for subscription in subscriptions for name in subscription.type_names]
    assert [event for event in events if f"`{event}`" not in text] == []


def test_the_changelog_knows_the_version():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert VERSION in text
    assert re.search(rf"^version = \"{re.escape(VERSION)}\"$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
