"""Refusals about blocked people: codes 1121 to 1129. Pure: no I/O."""

from livehub.base.errors import LivehubError


class BlockNotFound(LivehubError):
    """No such block stands: it was lifted, or is over."""

    code, name, status, text = 1121, "block_not_found", 404, "There is no such block, or it is over."


class BlocksStaff(LivehubError):
    """Only somebody who gives roles may block staff, or lift such a block, and nobody themselves. Take the role away first."""

    code, name, status, text = (
        1122,
        "blocks_staff",
        403,
        "Only an administrator can block or unblock staff, and nobody themselves.",
    )
