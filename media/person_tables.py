"""What media keep of people: who put up a camera, who cut a clip. They did so under the id they had then: a merge moves
nothing.
"""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="cameras", columns=("created_by",), on_erasure=OnErasure.ANONYMISE, export=Q["cameras_by"],
        erase=Q["erase_camera_makers"], reason="people.kept.rooms",
    ),
    PersonTable(
        table="clips", columns=("created_by",), on_erasure=OnErasure.ANONYMISE, export=Q["clips_by"],
        erase=Q["erase_clip_makers"], reason="people.kept.rooms",
    ),
)  # fmt: skip
