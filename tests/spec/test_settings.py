"""docs/operations.md has every setting by its variable's name, and the rest of that file belongs to people."""

from pathlib import Path

from livehub.app import DEMO_MODULES
from livehub.base.config import Config, own_fields, variable
from livehub.base.module import sections
from livehub.spec import settings

DECLARED: list[type[Config]] = [Config, *sections(DEMO_MODULES)]
OPERATIONS = Path(__file__).parent.parent.parent / "docs" / "operations.md"


def test_every_setting_has_its_row_in_the_document() -> None:
    rows = OPERATIONS.read_text(encoding="utf-8").splitlines()
    documented = [row.split("`")[1] for row in rows if row.startswith("| `")]
    assert [variable(field.name) for section in DECLARED for field in own_fields(section)] == documented


def test_a_row_says_the_default_the_bounds_and_the_meaning() -> None:
    rows = settings.table(DECLARED).splitlines()
    assert "| `LIVEHUB_CHAT_TEXT_CHARS_MAX` | `200` | at least 1, at most 2000 | characters of a chat line |" in rows
    assert "| `LIVEHUB_LOG_FORMAT` | `json` | `json`, `text` | one JSON object a line, or for people |" in rows
    assert (
        "| `LIVEHUB_DB_TIMEOUT_S` | `10.0` | more than 0, at most 600 | longest wait for a connection or a statement |"
        in rows
    )
    assert "| `LIVEHUB_SIGN_IN_BY_NAME` | `false` | `true` or `false` |" in settings.table(DECLARED)
    assert (
        "| `LIVEHUB_SHOP_NAME` | `livehub` | any text | whose rooms are that ops make without naming a host |" in rows
    )
    assert "| `LIVEHUB_WEB_DIST` | `web/dist` | a folder | folder of the built web pages |" in rows


def test_what_people_wrote_around_the_table_stays() -> None:
    text = f"# Title\n\nbefore\n\n{settings.BEGIN}\nold rows\n{settings.END}\n\nafter\n"
    table = settings.table(DECLARED)
    expected = f"# Title\n\nbefore\n\n{settings.BEGIN}\n{table}\n{settings.END}\n\nafter\n"
    assert settings.placed(text, DECLARED) == expected


def test_a_document_without_marks_gets_the_table_at_its_end() -> None:
    made = settings.placed("# Title\n", DECLARED)
    assert made == f"# Title\n\n{settings.BEGIN}\n{settings.table(DECLARED)}\n{settings.END}\n"
    assert settings.placed(made, DECLARED) == made
    assert settings.placed("", DECLARED) == f"{settings.BEGIN}\n{settings.table(DECLARED)}\n{settings.END}\n"
