"""Refusals of sign-in. 1104, 1105 and 1109, with which any call or connection may meet, are in livehub/base/errors.py."""

from livehub.base.errors import LivehubError


class WrongCode(LivehubError):
    """The code is not the one that was sent. `tries_left`: how often one may still try; at 0 the challenge is burnt."""

    code, name, status, text = 1106, "wrong_code", 422, "This is not the code."


class ChallengeBurnt(LivehubError):
    """Too many wrong codes came for this challenge; even the right one is refused now. Ask for a new code."""

    code, name, status, text = 1107, "challenge_burnt", 410, "Too many wrong codes. Ask for a new one."


class ChallengeOver(LivehubError):
    """The code was used, or it is too old, or it was sent for something else. Ask for a new one."""

    code, name, status, text = 1108, "challenge_over", 410, "This code can no longer be used. Ask for a new one."


class BadPhone(LivehubError):
    """It is no phone number that could get a code here, as e.g. `+86 138 0013 8000` is; or whoever sends codes refuses this
    number, as one whose owner wants no messages."""

    code, name, status, text = 1112, "bad_phone", 422, "This is not a phone number that we can send a code to."


class CodesExhausted(LivehubError):
    """No codes are sent to anybody: the whole shop has sent as many as it may in an hour, or whoever sends them takes none of
    ours. Come back after `retry_after_ms`, or sign in another way."""

    code, name, status, retryable, text = 1113, "codes_exhausted", 503, True, "No more codes can be sent at the moment."


class ProofNeeded(LivehubError):
    """Codes were asked for unusually often. Solve the ALTCHA challenge in `proof`, and ask again with the solution as that."""

    code, name, status, text = 1115, "proof_needed", 428, "Your device has to do a little work first."


class IdentityTaken(LivehubError):
    """This number, or this account elsewhere, is another person's here. Sign in with it instead."""

    code, name, status, text = 1114, "identity_taken", 409, "This belongs to another person here."


class PersonBlocked(LivehubError):
    """This person may not sign in here."""

    code, name, status, text = (
        1111,
        "blocked",
        403,
        "You cannot sign in here. Write to the shop if you think that is wrong.",
    )


class SignInLost(LivehubError):
    """This browser did not begin this sign-in, or began it too long ago, or it has been used. Begin again."""

    code, name, status, text = 1170, "sign_in_lost", 403, "This sign-in was not begun here, or is over. Begin again."


class BadIdToken(LivehubError):
    """What the provider says of the person cannot be trusted: who signed it, for whom, when, or for which sign-in."""

    code, name, status, text = 1171, "bad_id_token", 403, "The provider's answer cannot be trusted."


class NoRole(LivehubError):
    """The provider knows the person, and gives them no role here. Whoever runs the provider can change that."""

    code, name, status, text = 1172, "no_role", 403, "Your account has no role here."


class ProviderRefused(LivehubError):
    """The provider did not sign the person in: they declined, or the code that came back was not good (any more)."""

    code, name, status, text = 1173, "provider_refused", 403, "You were not signed in there."


class PasskeyRefused(LivehubError):
    """The passkey is not known here, was made for another site, or its answer is not good."""

    code, name, status, text = 1174, "passkey_refused", 403, "This passkey cannot be used here."


class LastIdentity(LivehubError):
    """Without it the person could not sign in any more. Add another way first."""

    code, name, status, text = 1175, "last_identity", 409, "This is your only way to sign in. Add another one first."


class WechatRefusedPerson(LivehubError):
    """WeChat holds this account for risky and does not sign it in. The person can sign in another way."""

    code, name, status, text = 1176, "wechat_refused_person", 403, "WeChat does not sign you in. Try another way."


class BecameAnother(LivehubError):
    """This person has turned out to be `person`, and is nobody by themselves. Do it with that one; to make two of others who
    became this one, undo first that this one became `person`."""

    code, name, status, text = 1124, "became_another", 409, "This person has become somebody else since."


class StaffSignInNeeded(LivehubError):
    """Who is staff does this signed in as staff do: at the provider, by a passkey, or by an invitation. A code by phone, or
    WeChat, is enough to shop, and not to change who gets in, nor to take or erase what is theirs."""

    code, name, status = 1177, "staff_sign_in_needed", 403
    text = "You are staff here. Sign in as staff do, by your provider or a passkey, to do this."


class StaffNotMerged(LivehubError):
    """What was proved belongs to two people here, one of them staff, who never become somebody else, nor somebody else them.
    Nothing changed. That person signs in another way and takes this one away, or an admin takes their role away first."""

    code, name, status = 1178, "staff_not_merged", 409
    text = "This belongs to two people here, one of them staff. Sign in another way, or ask an admin."


class LastAdmin(LivehubError):
    """There would be no admin any more who can sign in as one, and nobody to give the role again. Make somebody else one
    first, who has a way of staff to sign in: the provider's account, or a passkey."""

    code, name, status, text = 1123, "last_admin", 409, "There must be at least one admin who can sign in."
