"""Refusals of payments: codes 4060 to 4079. Pure: no I/O."""

from livehub.base.errors import LivehubError


class PaymentNotFound(LivehubError):
    """There is no such payment of yours."""

    code, name, status, text = 4060, "payment_not_found", 404, "There is no such payment."


class ProviderOff(LivehubError):
    """This shop does not take that way of paying. Offer those that it takes (`providers`)."""

    code, name, status, text = 4061, "provider_off", 422, "This way of paying is not offered here."


class NoticeRefused(LivehubError):
    """A notice that is not the provider's, or too old, or was delivered before. Nothing was changed."""

    code, name, status, text = 4062, "notice_refused", 401, "This notice is not accepted."


class ProviderAway(LivehubError):
    """The provider does not answer. Ask again with the same key."""

    code, name, status, retryable = 4063, "provider_away", 503, True
    text = "The payment service does not answer. Try again in a moment."


class AboveCaptured(LivehubError):
    """More than what is left of a payment, which is `left_minor`."""

    code, name, status, text = 4064, "above_captured", 422, "That is more than is left of this payment."


class PaymentRefused(LivehubError):
    """The provider does not take this payment. Offer another way of paying."""

    code, name, status, text = 4065, "payment_refused", 409, "The payment service does not take this payment."


class TooManyAttempts(LivehubError):
    """This order was tried to be paid `limit` times. Make a new one."""

    code, name, status, text = 4066, "too_many_attempts", 409, "Too many payments were begun for this order."


class PaymentOver(LivehubError):
    """It is paid, closed or failed already: `state` says which."""

    code, name, status, text = 4067, "payment_over", 409, "This payment is over."


class FindingNotFound(LivehubError):
    """There is no such finding."""

    code, name, status, text = 4068, "finding_not_found", 404, "There is no such entry."


class RefundOver(LivehubError):
    """It does not wait for this any more: its `state` says what it is."""

    code, name, status, text = 4069, "refund_over", 409, "This refund was decided already."


class SecondPerson(LivehubError):
    """Whoever asked for a refund cannot approve it, nor can the buyer of the order."""

    code, name, status, text = 4070, "second_person", 403, "Somebody else has to approve this refund."


class TooManyRefunds(LivehubError):
    """The provider takes no more than `limit` refunds of one payment. Give the rest back in another way."""

    code, name, status, text = 4071, "too_many_refunds", 409, "This payment was refunded in as many parts as can be."


class ChargedBack(LivehubError):
    """The buyer's bank has taken this money back already, all of it or a part (`charged_back_minor`): only `left_minor` can
    still be refunded. Once the dispute is won, it can be again.
    """

    code, name, status, text = 4072, "charged_back", 409, "The buyer's bank has taken this money back already."
