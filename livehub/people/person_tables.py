"""What is kept of people as people: who they are, where they are signed in, what they asked for and agreed to."""

from collections.abc import Sequence

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries
from livehub.people.audit import Q as AUDIT
from livehub.people.merging import Q as MERGING

Q = queries(__file__, "person_tables.sql")


def forget_names(tables: Sequence[PersonTable]) -> str:
    """A query: of whom there is a name and nothing else in any of `tables`, they go. They never proved who they are, and their
    sessions have gone. $1 seen before, Unix ms, $2 how many at most.
    """
    left = [
        f"AND NOT EXISTS (SELECT FROM {table.table} AS o WHERE o.{column} = p.id)"
        for table in tables
        for column in table.theirs
    ]
    return f"""WITH gone AS (
    DELETE FROM people WHERE id IN (
        SELECT p.id FROM people AS p
        WHERE p.seen_ts < $1 AND p.role = 'viewer' AND starts_with(p.id, 'viewer-') AND p.blocked_ts IS NULL
            AND p.erased_ts IS NULL {" ".join(left)}
        LIMIT $2
    ) RETURNING true
) SELECT count(*) FROM gone"""  # noqa: S608  (of names that modules declare)


PERSON_TABLES = (
    PersonTable(
        table="people", columns=("id", "name"), on_erasure=OnErasure.KEEP, export=Q["person_of"], erase=Q["erase_person"],
        reason="people.kept.id",
    ),
    # What was sent to their phone, while it is known which that is; demo shows it.
    PersonTable(
        table="phone_codes", columns=("phone", "asked_by"), theirs=("asked_by",),
        on_erasure=OnErasure.DELETE, erase=Q["erase_codes"],
    ),
    PersonTable(table="dev_codes", columns=("phone",), on_erasure=OnErasure.DELETE, erase=Q["erase_dev_codes"]),
    PersonTable(
        table="identities", columns=("person", "subject"), theirs=("person",),
        on_erasure=OnErasure.DELETE, merge=MERGING["move_identities"],
        unmerge=MERGING["move_identities_back"], export=Q["identities_of"], erase=Q["erase_identities"],
    ),
    PersonTable(
        table="sessions", columns=("person", "device"), theirs=("person",), on_erasure=OnErasure.KEEP, export=Q["sessions_of"],
        erase=Q["erase_sessions"], reason="people.kept.sessions",
    ),
    PersonTable(
        table="person_merges", columns=("person", "merged", "undone_by"), theirs=("person", "merged"),
        on_erasure=OnErasure.DELETE,
        erase=Q["erase_merges"],
    ),
    # What was done stays as it was written, under the id of then: a merge moves nothing.
    PersonTable(
        table="audit",
        columns=("by_id", "by_name", "about_id", "about_name", "subject", "was", "became", "data", "before", "after"),
        on_erasure=OnErasure.ANONYMISE, export=AUDIT["acts_of"], erase=AUDIT["anonymise_acts"], reason="people.kept.audit",
    ),
    PersonTable(
        table="exports", columns=("person", "zip"), theirs=("person",), on_erasure=OnErasure.DELETE, export=Q["exports_of"],
        erase=Q["erase_exports"],
    ),
    PersonTable(
        table="erasures", columns=("person",), theirs=("person",), on_erasure=OnErasure.KEEP, reason="people.kept.proof",
    ),
    PersonTable(
        table="addresses", columns=("person", "name", "phone", "line"), theirs=("person",), on_erasure=OnErasure.DELETE,
        merge=Q["move_addresses"], unmerge=Q["move_addresses_back"], export=Q["addresses_of"], erase=Q["erase_addresses"],
    ),
    # That of a guest holds for their device, and is not what a person said: a merge moves nothing.
    PersonTable(
        table="consents", columns=("person",), theirs=("person",), on_erasure=OnErasure.KEEP, export=Q["consents_of"],
        reason="people.kept.consents",
    ),
)  # fmt: skip
