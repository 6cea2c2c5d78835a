"""Quizzes as a module."""

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Module, SocketEvent, defined_in
from livehub.hub.quizzes import errors, schemas
from livehub.hub.quizzes.api import QuizWon
from livehub.hub.quizzes.person_tables import PERSON_TABLES
from livehub.hub.quizzes.quizzes import Quizzes
from livehub.hub.quizzes.room_messages import CONTROL_MESSAGES
from livehub.hub.quizzes.settings import QuizzesConfig
from livehub.room import wire

QUIZZES = Module(
    name="quizzes",
    build=Quizzes,
    settings=QuizzesConfig,
    errors=defined_in(errors, LivehubError),
    socket_events=(SocketEvent(name="answer", body=wire.Answer, reply=wire.Done),),
    control_messages=CONTROL_MESSAGES,
    events=(QuizWon,),
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
