"""What the tests of the contract share: the stock clients that there are, and what they are told."""

from collections.abc import Awaitable, Callable

from tests.integration.viewers import Viewer

KINDS = ["python websocket", "python polling", "python upgraded", "javascript websocket", "javascript upgraded"]

Enter = Callable[..., Awaitable[Viewer]]


def types(viewer: Viewer) -> list[str]:
    """The kinds of control messages that came, in order."""
    return [control["type"] for control in viewer.inbox.of("control")]
