"""Refusals of anchors: codes 6060 to 6069. Pure: no I/O."""

from livehub.base.errors import LivehubError


class AnchoringNotFound(LivehubError):
    """No checkpoint was anchored under this number."""

    code, name, status, text = 6060, "anchoring_not_found", 404, "There is no such anchor."
