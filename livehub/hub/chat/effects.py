"""What deleted and restored lines and bans do beside changing the room: to lines that wait or are remembered, and to people."""

from collections.abc import Mapping

from msgspec import Struct

from livehub.hub.chat.room_messages import Banned, LineDeleted, LineRestored
from livehub.hub.rooms.room import Effect, Room
from livehub.hub.sockets.frames import Frame
from livehub.room.wire import Control


def _line_deleted(live: Room, _control: Control, data: Struct, _frame: Frame) -> None:
    assert isinstance(data, LineDeleted)
    gone = data.line
    live.forget_lines(lambda line: line.id == gone)


def _line_restored(live: Room, _control: Control, data: Struct, _frame: Frame) -> None:
    assert isinstance(data, LineRestored)
    live.chat.restore(data.line)


def _banned(live: Room, control: Control, data: Struct, frame: Frame) -> None:
    assert isinstance(data, Banned)
    user = data.user
    if data.until_ts:
        live.forget_lines(lambda line: line.user == user)
    if data.until_ts > control.ts:
        live.remove(user, frame)


EFFECTS: Mapping[str, Effect] = {"chat_delete": _line_deleted, "chat_restore": _line_restored, "ban": _banned}
