"""What the stock engine keeps of people.

Nothing here is moved or erased by a query: the engine has these rows in memory, and writes what it has. A merge is an alias
there (stock_aliases), by which limits are those of one person; holds stay under the id that they were taken with, and the
alias finds them.
"""

from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.sql import queries

Q = queries(__file__, "person_tables.sql")

PERSON_TABLES = (
    PersonTable(
        table="stock_holds", columns=("person",), theirs=("person",),
        on_erasure=OnErasure.KEEP, export=Q["holds_of"], reason="people.kept.trade"
    ),
    PersonTable(
        table="stock_aliases", columns=("person", "whom"), theirs=("person", "whom"),
        on_erasure=OnErasure.KEEP, reason="people.kept.trade"
    ),
    PersonTable(
        table="stock_waits", columns=("person",), theirs=("person",),
        on_erasure=OnErasure.KEEP, export=Q["waits_of"], reason="people.kept.waits"
    ),
)  # fmt: skip
