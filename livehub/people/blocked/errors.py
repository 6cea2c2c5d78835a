"""Refusals about blocked people: codes 1121, 1122, 1125. Pure: no I/O."""

from livehub.base.errors import LivehubError


class BlockNotFound(LivehubError):
    """No such block stands: it was lifted, or is over."""

    code, name, status, text = 1121, "block_not_found", 404, "There is no such block, or it is over."


class PersonUnknown(LivehubError):
    """Nobody of this id has an account, and no guest is called so. `has_no_account` blocks an id that only tokens carry."""

    code, name, status, text = 1125, "person_unknown", 404, "There is nobody of this ID."


class BlocksStaff(LivehubError):
    """Only who gives roles blocks staff or lifts such a block, and nobody themselves. Take the role away first."""

    code, name, status, text = (
        1122,
        "blocks_staff",
        403,
        "Only an administrator can block or unblock staff, and nobody themselves.",
    )
