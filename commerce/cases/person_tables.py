"""What cases keep of people: claims and invoices for as long as the law asks for records of trade; without what they wrote, and
without their pictures, once they are erased.
"""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="cases", columns=("person", "seen_by", "decided_by"), theirs=("person",), on_erasure=OnErasure.KEEP,
        merge=Q["move_cases"], unmerge=Q["move_cases_back"], export=Q["cases_of"], erase=Q["erase_cases"],
        reason="people.kept.trade",
    ),
    PersonTable(
        table="case_steps", columns=("by",), on_erasure=OnErasure.KEEP, export=Q["steps_by"], reason="people.kept.trade",
    ),
    PersonTable(
        table="fapiao", columns=("person", "decided_by"), theirs=("person",), on_erasure=OnErasure.KEEP,
        merge=Q["move_fapiao"], unmerge=Q["move_fapiao_back"], export=Q["fapiao_of"], erase=Q["erase_fapiao"],
        reason="people.kept.trade",
    ),
)  # fmt: skip
