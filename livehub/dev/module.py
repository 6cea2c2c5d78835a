"""What `demo` has besides as a module. In the list of no other command, so that its calls are not there."""

from msgspec import Struct

from livehub.base.module import Module, defined_in
from livehub.dev import schemas
from livehub.dev.business_clock import BusinessClock
from livehub.dev.mailbox import Mailbox
from livehub.dev.settings import DevConfig

DEV = Module(name="dev", build=BusinessClock, settings=DevConfig, schemas=defined_in(schemas, Struct))
MAILBOX = Module(name="mailbox", build=Mailbox)
