"""Refusals of rooms: codes 2000 to 2999. Pure: no I/O."""

from livehub.base.errors import LivehubError


class RoomNotFound(LivehubError):
    """There is no room of this name."""

    code, name, status, text = 2000, "room_not_found", 404, "There is no such room."


class NotJoined(LivehubError):
    """The socket sends to a room it has not joined. Send `join` first."""

    code, name, status, text = 2001, "not_joined", 409, "Join the room first."


class TooManyRooms(LivehubError):
    """One socket may watch only so many rooms. Leave one."""

    code, name, status, text = 2002, "too_many_rooms", 409, "Leave another room first."


class RoomExists(LivehubError):
    """The id is taken."""

    code, name, status, text = 2003, "room_exists", 409, "A room of this id exists already."


class ShowTransition(LivehubError):
    """The show cannot go from its present state to the asked one."""

    code, name, status, text = 2004, "show_transition", 409, "The show cannot change to this state now."


class StartInPast(LivehubError):
    """The announced start is over already. Name a moment to come, or none."""

    code, name, status, text = 2006, "start_in_past", 422, "This start is in the past."


class ShowBegun(LivehubError):
    """The show is live or paused, so its announced start is what it was."""

    code, name, status, text = 2007, "show_begun", 409, "The show has begun; its start cannot be moved."


class NotYourRoom(LivehubError):
    """The person runs other rooms, or none: not this one, nor what belongs to it. Nothing changed. Its host can invite them."""

    code, name, status, text = 2042, "not_your_room", 403, "This is not your room."


class InvitationNotFound(LivehubError):
    """There is no such invitation."""

    code, name, status, text = 2043, "invitation_not_found", 404, "There is no such invitation."


class InvitationOver(LivehubError):
    """The invitation was used, withdrawn, or not accepted in time. Ask the room's host for another."""

    code, name, status, text = 2044, "invitation_over", 410, "This invitation is over. Ask for another."


class RoleNeeded(LivehubError):
    """Co-hosts have the role of a host. An administrator gives it; the invitation stays as it is until then."""

    code, name, status, text = 2045, "role_needed", 403, "To run shows you need the role of a host first."


class RoomNeedsHost(LivehubError):
    """A room has one host. Name another, and the one before is a co-host."""

    code, name, status, text = 2046, "room_needs_host", 409, "A room needs its host. Name another one instead."


class HostsFull(LivehubError):
    """The room has as many hosts and experts, or open invitations, as it may. Remove or withdraw one."""

    code, name, status, text = 2047, "hosts_full", 409, "There are too many already. Remove one first."


class RoomUnreadable(LivehubError):
    """What is stored of the room is no room. Operators find it in the log (`rooms.unreadable`); other rooms go on."""

    code, name, status, text = 2005, "room_unreadable", 500, "This room cannot be read; it has to be repaired."


class BannedWord(LivehubError):
    """The text holds a word that is not allowed here."""

    code, name, status, text = 2012, "banned_word", 422, "This text has a word that is not allowed here."


class BadAnswer(LivehubError):
    """The answer does not fit the quiz: a choice that is not there, a number out of range, or the wrong kind."""

    code, name, status, text = 2023, "bad_answer", 422, "This answer does not fit the quiz."
