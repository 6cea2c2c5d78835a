"""What tables hold of people: declared by the module whose table it is, and read off the list of modules.

Three things go by it: two people who turn out to be one, a person who wants their data (export), and one who wants to be
forgotten (erasure).

    PersonTable(
        table="coupon_claims", columns=("user_id",), merge=Q["move_claims"], unmerge=Q["move_claims_back"],
        export=Q["claims_of"], on_erasure=OnErasure.KEEP, erase=None, reason="receipts",
    )
"""

from enum import Enum

from msgspec import Struct


class OnErasure(Enum):
    """What becomes of a person's rows when they ask to be forgotten."""

    DELETE = "delete"
    ANONYMISE = "anonymise"  # the row stays, and nobody can tell whose it was
    KEEP = "keep"  # the law says so; the person is told which


class PersonTable(Struct, frozen=True, kw_only=True):
    """One table. Queries are those of the module's .sql files; None: there is nothing to do.

    `columns`: those that hold ids of people.
    `theirs`: those of them in which a row has the id of whom it is of; while there is one, the person's name is kept, too.
    `merge`: $1 the person who was (a guest, or somebody by name alone), $2 whom they turned out to be; moves the rows and
    returns the key of each that it moved, as text. What cannot move, because the other has one already, stays where it is.
    `unmerge`: $1 and $2 as before, $3 text[] of those keys; moves just these back.
    `export`: $1 the person; returns one jsonb a row, with nothing in it about others.
    `erase`: $1 the person, $2 what stands in place of their id where it is anonymised; returns how many rows it changed.
    `reason`: why it is kept, or kept without a name: a key of the texts that pages show (`people.kept.*`).
    """

    table: str
    columns: tuple[str, ...]
    on_erasure: OnErasure
    theirs: tuple[str, ...] = ()
    merge: str | None = None
    unmerge: str | None = None
    export: str | None = None
    erase: str | None = None
    reason: str = ""
