"""The log and its anchors at the console: all well while they are, and what to do when an anchor fails; for who may see it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.conftest import new_folder
from tests.e2e import looks
from tests.e2e.conftest import Company
from tests.e2e.proving import a_batch, at_work, proving, rows
from tests.e2e.site import Site
from tests.e2e.texts import LANGUAGES


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def folder_of_anchors(site: Site) -> AsyncIterator[Path]:
    with new_folder() as folder:
        async with proving(site, folder):
            yield folder / "anchors"


def take_away(folder: Path) -> None:
    """A file lies where the folder was."""
    shutil.rmtree(folder)
    folder.write_text("in the way")


def give_back(folder: Path) -> None:
    """It is there again, empty."""
    folder.unlink()
    folder.mkdir()


async def test_all_is_well_until_an_anchor_fails(site: Site, company: Company, folder_of_anchors: Path):
    await a_batch(site, "PROOF-1")
    ops = await at_work(company, site, "/ops/proof")
    anchor = rows(ops, "ops.proof.anchors")
    await expect(anchor).to_contain_text(ops.t("ops.proof.kind.folder"))
    await expect(anchor).to_contain_text(ops.t("ops.proof.anchorState.anchored"))
    await expect(ops.words("ops.proof.tone.good")).to_be_visible()
    await expect(rows(ops, "ops.proof.anchored").first).to_contain_text(ops.t("ops.proof.checkpointState.confirmed"))
    note = await ops.page.request.get(f"{site.url}/log/checkpoint")
    assert (note.status, len((await note.text()).splitlines()[1]) > 0) == (200, True)

    take_away(folder_of_anchors)
    await a_batch(site, "PROOF-2")
    trouble = ops.page.get_by_role("list", name=ops.t("ops.proof.troubles"))
    await expect(trouble).to_contain_text(ops.t("ops.proof.trouble.failing.todo"))
    await expect(ops.words("ops.proof.tone.bad")).to_be_visible()
    await expect(anchor).to_contain_text(ops.t("ops.proof.anchorState.failing"))
    give_back(folder_of_anchors)
    await expect(ops.words("ops.proof.tone.good")).to_be_visible()


async def test_who_may_not_is_told_so_and_nothing_is_asked(site: Site, company: Company, folder_of_anchors: Path):
    host = await company.ops()
    asked: list[str] = []
    host.page.on("request", lambda request: asked.append(request.url))
    await host.page.goto(site.link("/ops/proof", site.host))
    await expect(host.page.get_by_role("heading", name=host.t("ops.admin.refused.title"))).to_be_visible()
    assert not [url for url in asked if "/api/log" in url]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_of_it_can_be_used_and_read(site: Site, company: Company, folder_of_anchors: Path, language: str):
    await a_batch(site, f"PROOF-{language[:2]}")
    ops = await at_work(company, site, "/ops/proof", language)
    await expect(rows(ops, "ops.proof.anchored").first).to_be_visible()
    faults = await looks.faults(ops, "the log", "main", looks.SCHEMES, (1440, 375))
    faults += await looks.small(ops, "the log", "main")
    assert not faults, "\n".join(faults)
