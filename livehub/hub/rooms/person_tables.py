"""What rooms and their logs keep of people. Whoever made a room, or said something as staff, did so under the id they had
then: a merge moves nothing of it. Who may run a room, and whom it shuts out, is said in rooms by the modules
(Part.person_merged).
"""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="rooms", columns=("created_by", "state"), theirs=("created_by",),
        on_erasure=OnErasure.ANONYMISE, export=Q["rooms_made_by"],
        erase=Q["erase_room_owner"], reason="people.kept.rooms",
    ),
    PersonTable(
        table="room_controls", columns=("by_id", "by_name", "data", "why"), on_erasure=OnErasure.ANONYMISE,
        export=Q["messages_by"], erase=Q["erase_controls"], reason="people.kept.rooms",
    ),
)  # fmt: skip
