"""A ticket is of use to one person, for one sale, for a minute, with its proof; and a sale asks for it under pressure alone."""

import itertools

import pytest

from commerce.sales.ladder import TICKET_MS, WINDOW_S, Pressure, is_good, is_proof, new_ticket

SECRET = "a secret of the tests, more than 32 characters long"
NOW_MS = 1_800_000_000_000
BITS = 8
TICKET = new_ticket(SECRET, "mei", "sale-1", ends_ms=NOW_MS + TICKET_MS, zero_bits=BITS)


def proof_of(ticket: str, zero_bits: int) -> str:
    return next(str(n) for n in itertools.count() if is_proof(ticket, str(n), zero_bits=zero_bits))


PROOF = proof_of(TICKET, BITS)


def good(
    *, person: str = "mei", sale: str = "sale-1", ticket: str = TICKET, proof: str = PROOF, now_ms: int = NOW_MS
) -> bool:
    return is_good(SECRET, person, sale, ticket=ticket, proof=proof, now_ms=now_ms)


def test_a_ticket_with_its_proof_is_good_until_its_end():
    assert good()
    assert good(now_ms=NOW_MS + TICKET_MS - 1)
    assert not good(now_ms=NOW_MS + TICKET_MS)


def test_a_ticket_is_of_no_use_to_another_person_or_for_another_sale():
    assert not good(person="bob")
    assert not good(sale="sale-2")
    assert not is_good("another secret", "mei", "sale-1", ticket=TICKET, proof=PROOF, now_ms=NOW_MS)


def test_what_was_changed_in_a_ticket_makes_it_worthless():
    ends, bits, signature = TICKET.split(".")
    for changed in (f"{int(ends) + 1}.{bits}.{signature}", f"{ends}.0.{signature}", f"{ends}.{bits}.{signature[:-1]}"):
        assert not good(ticket=changed, proof=proof_of(changed, BITS))


@pytest.mark.parametrize(
    "ticket", ["", ".", "..", "a.b.c", "1.2", "٣.٣.x", "9" * 200, f"{NOW_MS}.8.é", "-1.8.x", "1.999.x"]
)
def test_what_is_no_ticket_is_none(ticket: str):
    assert not good(ticket=ticket)


@pytest.mark.parametrize("proof", ["", "abc", "-1", "1.5", "٣", "9" * 65, "\ud800"])
def test_what_is_no_number_is_no_proof(proof: str):
    assert not is_proof(TICKET, proof, zero_bits=0)
    assert not good(proof=proof)


def test_a_number_whose_hash_begins_otherwise_is_no_proof():
    wrong = next(str(n) for n in itertools.count() if not is_proof(TICKET, str(n), zero_bits=BITS))
    assert not good(proof=wrong)
    assert is_proof(TICKET, wrong, zero_bits=0)


def test_a_sale_is_under_pressure_while_more_taps_come_than_are_allowed():
    pressure = Pressure(100.0, sales_max=10)
    calm = [pressure.tapped("sale-1", now_s) for now_s in [n / 90 for n in range(900)]]
    assert not any(calm)
    rush = [pressure.tapped("sale-1", 12.0 + n / 200) for n in range(1_000)]
    assert not rush[0]
    assert all(rush[400:])
    assert not pressure.tapped("sale-1", 17.0 + 2 * WINDOW_S)
    assert not pressure.tapped("sale-2", 17.0)


def test_without_a_limit_a_sale_is_never_under_pressure():
    pressure = Pressure(0.0, sales_max=10)
    assert not any(pressure.tapped("sale-1", 1.0) for _ in range(10_000))


def test_the_sales_that_are_remembered_are_bounded():
    pressure = Pressure(1.0, sales_max=10)
    for n in range(1_000):
        pressure.tapped(f"sale-{n}", 1.0)
    assert len(pressure._counts) == 10
