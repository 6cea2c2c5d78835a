"""Sessions as a module."""

from msgspec import Struct

from livehub.base.module import Module, defined_in
from livehub.hub.sessions import schemas
from livehub.hub.sessions.sessions import Sessions
from livehub.hub.sessions.settings import SessionsConfig

SESSIONS = Module(name="sessions", build=Sessions, settings=SessionsConfig, schemas=defined_in(schemas, Struct))
