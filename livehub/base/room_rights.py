"""In which rooms somebody has the rights of rooms (auth.ROOM_RIGHTS): the HTTP edge asks, the module of rooms answers."""

from typing import Protocol

from livehub.base.auth import Identity, Permission


class RoomRights(Protocol):
    def leads_to_room(self, variable: str) -> bool:
        """Whether it is known how to find the room of what this variable of a path names."""

    async def require(self, identity: Identity, permission: Permission, variable: str, value: str) -> None:
        """Raise NotYourRoom when the right does not hold in the room that `value` is, or belongs to; what is not there is for
        the handler to say. Raises Unavailable.
        """
