"""What coupons keep of people."""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="coupon_claims", columns=("user_id",), theirs=("user_id",),
        on_erasure=OnErasure.ANONYMISE, merge=Q["move_claims"],
        unmerge=Q["move_claims_back"], export=Q["coupons_of"], erase=Q["erase_claims"], reason="people.kept.counts",
    ),
    PersonTable(
        table="coupon_uses", columns=("person",), theirs=("person",),
        on_erasure=OnErasure.ANONYMISE, merge=Q["move_uses"],
        unmerge=Q["move_uses_back"], export=Q["uses_of"], erase=Q["erase_uses"], reason="people.kept.counts",
    ),
    PersonTable(
        table="coupon_people", columns=("person",), theirs=("person",),
        on_erasure=OnErasure.DELETE, merge=Q["move_invitations"],
        unmerge=Q["move_invitations_back"], export=Q["invitations_of"], erase=Q["erase_invitations"],
    ),
)  # fmt: skip
