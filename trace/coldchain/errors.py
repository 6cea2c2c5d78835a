"""Refusals of the cold chain: codes 6070 to 6099. Pure: no I/O."""

from livehub.base.errors import LivehubError


class SignatureWrong(LivehubError):
    """No such device, or not its signature: X-Signature is the HMAC-SHA256 of the body as sent, under the device's key."""

    code, name, status, text = 6070, "signature_wrong", 401, "This is not signed by a device we know."


class SeqReused(LivehubError):
    """The device sent another body under this `seq`. Count on, and send it under a new one."""

    code, name, status, text = 6071, "seq_reused", 409, "Something else was sent under this number before."


class TooManyReadings(LivehubError):
    """There are `count` readings in the body, and may be `readings_max`. Send them in several, each with its own seq."""

    code, name, status, text = 6072, "too_many_readings", 413, "There are too many readings in one request."


class DeviceNotFound(LivehubError):
    """There is no such device, or one of those that are named. `device`: which."""

    code, name, status, text = 6073, "device_not_found", 404, "There is no such device."


class ShipmentNotFound(LivehubError):
    """There is no such shipment."""

    code, name, status, text = 6074, "shipment_not_found", 404, "There is no such shipment."


class ShipmentOver(LivehubError):
    """The shipment has ended. What happened in it can still be looked at."""

    code, name, status, text = 6075, "shipment_over", 409, "This shipment has ended."


class ModelUnknown(LivehubError):
    """There is no such model of shelf life. GET /api/cold-chain/models has all."""

    code, name, status, text = 6076, "model_unknown", 422, "There is no such model of shelf life."


class ColdChainFull(LivehubError):
    """There are as many devices or rules as there may be: `limit`."""

    code, name, status, text = 6077, "cold_chain_full", 409, "There are as many of these as there may be."
