"""Refusals of the records about people."""

from livehub.base.errors import LivehubError


class AddressNotFound(LivehubError):
    """There is no such address of yours."""

    code, name, status, text = 1140, "address_not_found", 404, "There is no such address."


class AddressesFull(LivehubError):
    """`limit` addresses are the most that a person has; delete one."""

    code, name, status, text = (
        1141,
        "addresses_full",
        409,
        "You have as many addresses as can be kept. Delete one first.",
    )


class PhoneInvalid(LivehubError):
    """No phone number that exists; one without a country is taken for one of mainland China."""

    code, name, status, text = 1142, "phone_invalid", 422, "This is no phone number."


class UnknownRegion(LivehubError):
    """No division code of GB/T 2260; leave it empty where there is none."""

    code, name, status, text = 1143, "unknown_region", 422, "There is no such region."


class ExportNotFound(LivehubError):
    """There is no such export of yours, or it is gone: ask for another."""

    code, name, status, text = 1144, "export_not_found", 404, "There is no such export, or it is gone. Ask for another."


class ExportNotReady(LivehubError):
    """The export is being made; you are told when it can be fetched."""

    code, name, status, retryable = 1145, "export_not_ready", 409, True
    text = "The export is still being made."


class EraseNotConfirmed(LivehubError):
    """Send `confirm: true`, after the person has said so twice."""

    code, name, status, text = 1146, "erase_not_confirmed", 422, "Confirm that you want to be forgotten."


class ErasureNotFound(LivehubError):
    """Nobody asked for an erasure that could be taken back."""

    code, name, status, text = 1147, "erasure_not_found", 404, "You have not asked to be forgotten, or it is too late."


class UnknownPurpose(LivehubError):
    """There is no such purpose."""

    code, name, status, text = 1148, "unknown_purpose", 404, "There is no such purpose."


class ConsentsFull(LivehubError):
    """It was changed too often today."""

    code, name, status, retryable, text = 1149, "consents_full", 429, True, "You have changed this too often today."
