"""Questions as a module."""

from pathlib import Path

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Module, SocketEvent, defined_in
from livehub.hub.questions import errors, schemas
from livehub.hub.questions.events import QuestionRewarded
from livehub.hub.questions.person_tables import PERSON_TABLES
from livehub.hub.questions.questions import Questions
from livehub.hub.questions.room_messages import CONTROL_MESSAGES
from livehub.hub.questions.settings import QuestionsConfig
from livehub.room import wire

QUESTIONS = Module(
    name="questions",
    build=Questions,
    settings=QuestionsConfig,
    migrations=Path(__file__).parent / "migrations",
    errors=defined_in(errors, LivehubError),
    socket_events=(SocketEvent(name="ask", body=wire.Ask, reply=wire.DoneWithId),),
    control_messages=CONTROL_MESSAGES,
    events=(QuestionRewarded,),
    person_tables=PERSON_TABLES,
    schemas=defined_in(schemas, Struct),
)
