"""Waits of these tests can fail: for a picture that stands, and never for the promise of an answer."""

import ast
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.e2e.moving import moves

TESTS = Path(__file__).parent.parent
_STANDS = """() => {
    const canvas = document.createElement("canvas");
    const video = document.createElement("video");
    canvas.getContext("2d").fillRect(0, 0, 10, 10);
    video.srcObject = canvas.captureStream(0);
    document.body.append(video);
}"""


async def test_a_picture_that_stands_or_is_not_there_does_not_move(chromium: Browser):
    page = await chromium.new_page()
    with pytest.raises(TimeoutError):
        await moves(page, 1_000)
    await page.evaluate(_STANDS)
    with pytest.raises(TimeoutError):
        await moves(page, 1_000)
    await page.close()


async def test_nobody_waits_for_an_async_function():
    """`wait_for_function` takes the promise that such a function returns for a yes, at once."""
    waits = {path: _waits(ast.parse(path.read_text("utf-8"))) for path in TESTS.rglob("*.py")}
    assert sum(len(found) for found in waits.values()) > 15
    assert {f"{path}: {script}" for path, found in waits.items() for script in found if "async" in script} == set()


def _waits(tree: ast.Module) -> list[str]:
    """What `wait_for_function` is given in a file; a name is that of a string at its top."""
    strings = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    scripts = [call.args[0] for call in calls if getattr(call.func, "attr", "") == "wait_for_function"]
    return [strings.get(ast.unparse(script), ast.unparse(script)) for script in scripts]
