"""Coupons as a module."""

from pathlib import Path

from msgspec import Struct

from commerce.coupons import errors, schemas
from commerce.coupons.coupons import Coupons
from commerce.coupons.events import CouponExhausted
from commerce.coupons.person_tables import PERSON_TABLES
from commerce.coupons.room_messages import CONTROL_MESSAGES
from commerce.coupons.settings import CouponsConfig
from commerce.coupons.socket_events import Claim, Claimed
from livehub.base.errors import LivehubError
from livehub.base.module import Module, SocketEvent, defined_in

COUPONS = Module(
    name="coupons",
    build=Coupons,
    settings=CouponsConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    socket_events=(SocketEvent(name="claim", body=Claim, reply=Claimed),),
    control_messages=CONTROL_MESSAGES,
    events=(CouponExhausted,),
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
