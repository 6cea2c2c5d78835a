"""Refusals of cases and invoices: codes 4090 to 4099. Pure: no I/O. Of what was refused nothing was changed."""

from livehub.base.errors import LivehubError


class CaseNotFound(LivehubError):
    """There is no such case, or it is not one of yours."""

    code, name, status, text = 4090, "case_not_found", 404, "There is no such case."


class CaseState(LivehubError):
    """That cannot be done with the case any more, or not yet. `state` says where it stands."""

    code, name, status, text = 4091, "case_state", 409, "The case is not in a state for this."


class CaseTooLate(LivehubError):
    """The order was delivered too long ago: until `until` a case could be opened."""

    code, name, status, text = 4092, "case_too_late", 409, "The time for this is over."


class PhotosNeeded(LivehubError):
    """So long after delivery a picture has to show what is wrong. Add one."""

    code, name, status, text = 4093, "photos_needed", 422, "Add a picture that shows what is wrong."


class UnitsTaken(LivehubError):
    """Of `line` the `units` are in a case that is open, were paid back, or sent again: then a case is about what was sent."""

    code, name, status, text = 4094, "units_taken", 409, "Some of this is in a case or refunded already."


class FapiaoNotFound(LivehubError):
    """There is no such request for an invoice, or it is not one of yours."""

    code, name, status, text = 4095, "fapiao_not_found", 404, "There is no such invoice request."


class FapiaoState(LivehubError):
    """An invoice was asked for or issued already, or there is nothing to issue one for. `state` says which."""

    code, name, status, text = 4096, "fapiao_state", 409, "This can't be done with the invoice now."


class GiftTooLarge(LivehubError):
    """One person gives coupons of up to `most_minor` alone. Give less, or pay back, which a second person approves."""

    code, name, status, text = 4098, "gift_too_large", 422, "This coupon is worth more than may be given like this."


class TaxNumberInvalid(LivehubError):
    """It is no unified social credit code (GB 32100-2015): 18 characters, the last of which checks the others."""

    code, name, status, text = 4097, "tax_number_invalid", 422, "This is no valid tax number."
