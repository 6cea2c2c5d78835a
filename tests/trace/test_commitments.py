"""What is about a person is in the log as a commitment; when they are forgotten, entry and proofs stand and say no more."""

from pathlib import Path

from livehub.base.db import Transaction
from tests.trace.logs import writing
from trace.log.commitments import Q, commit_to, commitment, salt_of
from trace.log.entries import append, encoded

SALT = bytes(range(32))


def test_a_commitment_is_the_hash_of_salt_and_value() -> None:
    assert commitment(SALT, "order-7") == "g/XZiKsYAfKaycZjlqPf28uOLnlJDpHLFInwClXIjFs="
    assert commitment(bytes(32), "order-7") != commitment(SALT, "order-7")


async def test_the_salt_is_forgotten_with_the_person_and_the_log_stands(database_url: str, folder: Path) -> None:
    async with writing(database_url, folder / "log") as log:

        async def ordered(tx: Transaction) -> str:
            made = await commit_to(tx, "person-1", "order-7")
            await append(tx, [encoded("packed", 1_800_000_000_000, {"order": made})])
            return made

        made = await log.database.run(ordered)
        before = await log.until(1)
        salt = await log.database.run(lambda tx: salt_of(tx, made))
        assert salt is not None
        assert commitment(salt, "order-7") == made
        assert (await log.fetch(Q["erase_salts"], "person-1", ""))[0]["count"] == 1
        assert await log.database.run(lambda tx: salt_of(tx, made)) is None
        assert log.published() == before
        assert log.entries() == [b'{"at":"2027-01-15T08:00:00.000Z","order":"%b","type":"packed"}' % made.encode()]
