"""Refusals of GS1 codes: 6020 to 6021. Pure: no I/O."""

from livehub.base.errors import LivehubError


class CodeUnreadable(LivehubError):
    """This is no GS1 code. `ai`: the application identifier that is wrong, where it is one. `reason`: `not_a_link`, no web
    address of the form of a GS1 Digital Link; `no_key`, it identifies nothing; `qualifier`, one that doesn't belong to the
    key, or stands in the wrong place; `length`; `characters`; `check_digit`; `percent_encoding`; `repeated`, two values for
    one identifier.
    """

    code, name, status, text = 6020, "code_unreadable", 400, "This is not a valid GS1 code."
