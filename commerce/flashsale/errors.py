"""Refusals of sales: codes 4020 to 4029. Pure: no I/O."""

from livehub.base.errors import LivehubError


class SaleNotFound(LivehubError):
    """No such sale."""

    code, name, status, text = 4020, "sale_not_found", 404, "There is no such sale."
