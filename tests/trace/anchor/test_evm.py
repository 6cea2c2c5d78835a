"""Anchors on a chain, which is a real node: what it confirms, takes back, refuses, and how it fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from livehub.base.metrics import exposition
from livehub.embedded.chain import Chain
from tests.patience import PATIENCE_S
from tests.trace.anchor.chains import (
    Ledger,
    Proxy,
    anchoring,
    needs_anvil,
    new_chain,
    note_of,
    on_chain,
    root_of,
)
from trace.anchor import payload, verifying
from trace.anchor.leader import offer_metrics

pytestmark = needs_anvil


@pytest.fixture
def manual(folder: Path) -> Iterator[Chain]:
    """A chain that makes a block when the test says so."""
    running = new_chain(folder, settings=("--no-mining",))
    yield running
    running.kill()
    running.close()


@pytest.fixture
async def proxy(chain: Chain) -> AsyncIterator[Proxy]:
    async with Proxy(chain).served() as served:
        yield served


def waiting(chain: Chain) -> int:
    """Transactions that are in no block."""
    return int(chain.ask("txpool_status")["pending"], 16) + int(chain.ask("txpool_status")["queued"], 16)


async def until(holds: Any) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(holds):
        assert time.monotonic() < until_s
        await asyncio.sleep(0.02)


async def test_a_checkpoint_is_the_calldata_of_a_transaction_to_oneself(
    chain: Chain, ledger: Ledger, database_url: str
):
    await ledger.publish(70_000, at_ms=1_800_000_000_123)
    async with anchoring(database_url, on_chain(chain)):
        row = await ledger.until_confirmed(70_000)
    transaction = chain.ask("eth_getTransactionByHash", row["tx"])
    assert transaction["from"] == transaction["to"]
    assert transaction["input"] == "0x" + payload.encoded(payload.Tree(70_000, root_of(70_000))).hex()
    assert int(transaction["value"], 16) == 0
    block = chain.ask("eth_getBlockByHash", row["block_hash"], False)  # noqa: FBT003
    assert row["block_ms"] == int(block["timestamp"], 16) * 1000
    assert (row["anchor"], row["chain"], row["depth"], row["fallbacks"], row["published_ms"], row["is_development"]) == (
        f"eip155:{chain.chain_id}", f"eip155:{chain.chain_id}", 1, 0, 1_800_000_000_123, True,
    )  # fmt: skip
    assert len(await ledger.attempts()) == 1


async def test_the_next_is_anchored_when_the_log_has_grown_and_not_before(
    chain: Chain, ledger: Ledger, database_url: str
):
    async with anchoring(database_url, on_chain(chain)):
        await ledger.publish(7)
        await ledger.until_confirmed(7)
        await asyncio.sleep(0.3)
        assert len(await ledger.anchorings()) == 1
        await ledger.publish(9)
        await ledger.until_confirmed(9)
    assert [row["nonce"] for row in await ledger.anchorings()] == [0, 1]


async def test_it_is_not_confirmed_a_block_before_the_depth(manual: Chain, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(manual, anchor_evm_confirmations=3)):
        await until(lambda: waiting(manual) == 1)
        for depth in (1, 2):
            manual.ask("evm_mine")
            (row,) = await ledger.until_depth(depth)
            assert (row["state"], row["confirmed_ms"]) == ("sent", None)
        manual.ask("evm_mine")
        assert (await ledger.until_confirmed(7))["depth"] == 3


async def test_t60_a_reorganised_anchor_falls_back_and_is_anchored_again(
    chain: Chain, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(chain)):
        before = await ledger.until_confirmed(7)
        chain.ask("anvil_setAutomine", False)  # noqa: FBT003
        chain.ask("anvil_mine", "0x1")
        chain.ask("anvil_reorg", 2, [])
        assert chain.ask("eth_getTransactionReceipt", before["tx"]) is None
        (fallen,) = await ledger.until(lambda rows: rows[0]["fallbacks"] == 1)
        assert fallen["state"] in ("pending", "sent")
        assert (fallen["block"], fallen["depth"], fallen["confirmed_ms"]) == (None, 0, None)
        await until(lambda: waiting(chain) == 1)
        chain.ask("evm_mine")
        after = await ledger.until_confirmed(7)
    assert after["tx"] == before["tx"], "what was printed stays true"
    assert after["block_hash"] != before["block_hash"]
    assert chain.ask("eth_getTransactionReceipt", after["tx"])["blockHash"] == after["block_hash"]


async def test_t60_all_anchors_that_one_reorganisation_takes_are_anchored_again(
    chain: Chain, ledger: Ledger, database_url: str
):
    async with anchoring(database_url, on_chain(chain)):
        for size in (3, 5, 8):
            await ledger.publish(size)
            await ledger.until_confirmed(size)
        chain.ask("anvil_setAutomine", False)  # noqa: FBT003
        chain.ask("anvil_reorg", 2, [])
        await until(lambda: waiting(chain) == 2)
        chain.ask("evm_mine")
        rows = await ledger.until(lambda rows: all(row["state"] == "confirmed" for row in rows))
    assert [(row["size"], row["fallbacks"]) for row in rows] == [(3, 0), (5, 1), (8, 1)]
    assert [row["nonce"] for row in rows] == [0, 1, 2]


async def test_whoever_is_killed_between_signing_and_sending_sends_the_same_and_only_that(
    chain: Chain, proxy: Proxy, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    is_stopped = asyncio.Event()

    async def stop_at_sending(question: dict[str, Any]) -> web.StreamResponse | None:
        if question["method"] == "eth_sendRawTransaction":
            is_stopped.set()
            await asyncio.sleep(60)
        return None

    proxy.answer = stop_at_sending
    async with anchoring(database_url, on_chain(chain, anchor_evm_url=proxy.url)):
        await asyncio.wait_for(is_stopped.wait(), PATIENCE_S)
    (row,) = await ledger.anchorings()
    (attempt,) = await ledger.attempts()
    assert (row["state"], row["tx"]) == ("pending", attempt["ref"])
    assert chain.ask("eth_blockNumber") == "0x0"
    async with anchoring(database_url, on_chain(chain)):
        assert (await ledger.until_confirmed(7))["tx"] == attempt["ref"]
    assert len(await ledger.attempts()) == 1
    assert chain.ask("eth_blockNumber") == "0x1"


async def test_whoever_is_killed_between_sending_and_recording_finds_what_was_sent(
    chain: Chain, proxy: Proxy, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    is_sent = asyncio.Event()

    async def say_nothing_of_it(question: dict[str, Any]) -> web.StreamResponse | None:
        if question["method"] == "eth_sendRawTransaction":
            await asyncio.to_thread(chain.ask, "eth_sendRawTransaction", *question["params"])
            is_sent.set()
            await asyncio.sleep(60)
        return None

    proxy.answer = say_nothing_of_it
    async with anchoring(database_url, on_chain(chain, anchor_evm_url=proxy.url)):
        await asyncio.wait_for(is_sent.wait(), PATIENCE_S)
    async with anchoring(database_url, on_chain(chain)):
        await ledger.until_confirmed(7)
    assert len(await ledger.attempts()) == 1
    assert chain.ask("eth_blockNumber") == "0x1", "one transaction, in one block"


async def test_one_that_waits_gets_a_higher_fee_and_one_of_both_is_anchored(
    manual: Chain, ledger: Ledger, database_url: str
):
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(manual, anchor_evm_bump_after_s=0.2)):
        await ledger.until(lambda rows: len(rows) == 1)
        await until(lambda: waiting(manual) == 1)
        until_s = time.monotonic() + PATIENCE_S
        while len(attempts := await ledger.attempts()) < 2:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.02)
        assert waiting(manual) == 1
        await asyncio.sleep(0.1)
        manual.ask("evm_mine")
        row = await ledger.until_confirmed(7)
    assert {attempt["nonce"] for attempt in attempts} == {0}
    assert attempts[1]["fee_wei"] * 100 >= attempts[0]["fee_wei"] * 110
    assert attempts[1]["tip_wei"] * 100 >= attempts[0]["tip_wei"] * 110
    assert row["tx"] in {attempt["ref"] for attempt in await ledger.attempts()}
    assert int(manual.ask("eth_blockNumber"), 16) == 1


async def test_no_fee_is_bumped_above_the_most(manual: Chain, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    settings = on_chain(manual, anchor_evm_bump_after_s=0.1, anchor_evm_fee_gwei_max=4.0)
    async with anchoring(database_url, settings):
        await until(lambda: waiting(manual) == 1)
        await asyncio.sleep(0.8)
    fees = [attempt["fee_wei"] for attempt in await ledger.attempts()]
    assert fees
    assert max(fees) <= 4_000_000_000


async def test_a_nonce_that_somebody_else_used_is_given_up(manual: Chain, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    account = manual.ask("eth_accounts")[0]
    async with anchoring(database_url, on_chain(manual)):
        await until(lambda: waiting(manual) == 1)
        manual.ask("anvil_dropAllTransactions")
        manual.ask("eth_sendTransaction", {"from": account, "to": account, "nonce": "0x0", "gasPrice": "0x12a05f2000"})
        manual.ask("evm_mine")
        await ledger.until(lambda rows: rows[0]["nonce"] == 1)
        await until(lambda: waiting(manual) == 1)
        manual.ask("evm_mine")
        row = await ledger.until_confirmed(7)
    assert (row["nonce"], row["fallbacks"]) == (1, 0)


async def test_t62_consortium_chains_legacy_transactions_without_a_fee_and_headers_of_proof_of_authority(
    folder: Path, ledger: Ledger, database_url: str
):
    free = new_chain(folder, settings=("--gas-price", "0", "--base-fee", "0", "--disable-min-priority-fee"))
    try:
        async with Proxy(free).served() as proxy:

            def with_signers(method: str, result: Any) -> Any:
                return result | {"extraData": "0x" + "ab" * 97} if method.startswith("eth_getBlockBy") else result

            proxy.alter = with_signers
            await ledger.publish(7)
            settings = on_chain(free, anchor_evm_url=proxy.url, anchor_evm_gas_free=True)
            async with anchoring(database_url, settings):
                row = await ledger.until_confirmed(7)
            assert any(method.startswith("eth_getBlockBy") for method in proxy.asked)
        transaction = free.ask("eth_getTransactionByHash", row["tx"])
        assert (transaction["type"], transaction["gasPrice"]) == ("0x0", "0x0")
    finally:
        free.kill()
        free.close()


async def test_t62_a_node_of_another_chain_is_asked_for_nothing(chain: Chain, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    settings = on_chain(chain, anchor_evm_chain_id=1, anchor_evm_development=False)
    async with anchoring(database_url, settings) as leader:
        health = await ledger.health(is_failing=True)
        assert set(leader.failed) == {"wrong_chain"}
    assert health["reason"] == f"the node is of chain {chain.chain_id}, and LIVEHUB_ANCHOR_EVM_CHAIN_ID says 1"
    assert await ledger.attempts() == []
    assert chain.ask("eth_blockNumber") == "0x0"


async def hang(_question: dict[str, Any]) -> web.StreamResponse | None:
    await asyncio.sleep(60)
    return None


async def html(_question: dict[str, Any]) -> web.StreamResponse | None:
    return web.Response(text="<html>It works!</html>", content_type="text/html")


async def too_many(_question: dict[str, Any]) -> web.StreamResponse | None:
    return web.Response(status=429, text="slow down", headers={"Retry-After": "1"})


async def of_another_chain(question: dict[str, Any]) -> web.StreamResponse | None:
    if question["method"] == "eth_chainId":
        return web.json_response({"jsonrpc": "2.0", "id": question["id"], "result": "0x1"})
    return None


async def no_result(question: dict[str, Any]) -> web.StreamResponse | None:
    return web.json_response({"jsonrpc": "2.0", "id": question["id"], "result": None})


async def a_list(_question: dict[str, Any]) -> web.StreamResponse | None:
    return web.json_response([1, 2, 3])


async def refusal(question: dict[str, Any]) -> web.StreamResponse | None:
    return web.json_response({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -32000, "message": "not now"}})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (hang, "timeout"),
        (html, "unreadable"),
        (too_many, "too_many"),
        (of_another_chain, "wrong_chain"),
        (no_result, "unreadable"),
        (a_list, "unreadable"),
        (refusal, "refused"),
    ],
)
async def test_t63_an_rpc_that_answers_otherwise_is_counted_and_asked_again(
    answer: Any, kind: str, chain: Chain, proxy: Proxy, ledger: Ledger, database_url: str
):
    proxy.answer = answer
    await ledger.publish(7)
    settings = on_chain(chain, anchor_evm_url=proxy.url, anchor_timeout_s=0.3, anchor_retry_s_max=1.0)
    async with anchoring(database_url, settings) as leader:
        offer_metrics([leader])
        await until(lambda: leader.is_leading and leader.failures >= 1)
        assert set(leader.failed) == {kind}
        assert f'livehub_anchor_age_seconds{{anchor="{leader.name}"}} +Inf' in exposition().decode()
        assert f'livehub_anchor_failures_total{{anchor="{leader.name}",kind="{kind}"}}' in exposition().decode()
        await ledger.health(is_failing=True)
        proxy.answer = None
        row = await ledger.until_confirmed(7)
        assert row["fallbacks"] == 0
        await until(lambda: leader.failures == 0 and leader.age_s() < 60)
        assert (await ledger.health(is_failing=False))["reason"] == ""


async def test_t63_what_is_anchored_late_is_the_newest_checkpoint(
    chain: Chain, proxy: Proxy, ledger: Ledger, database_url: str
):
    proxy.answer = too_many
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(chain, anchor_evm_url=proxy.url, anchor_retry_s_max=1.0)) as leader:
        await until(lambda: leader.failures >= 1)
        await ledger.publish(12)
        proxy.answer = None
        await ledger.until_confirmed(12)
    assert [row["size"] for row in await ledger.anchorings()] == [12]


async def test_a_chain_that_was_killed_and_lost_its_last_blocks_gets_them_again(
    chain: Chain, ledger: Ledger, database_url: str, folder: Path
):
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(chain, anchor_retry_s_max=1.0)):
        before = await ledger.until_confirmed(7)
        chain.kill()
        (folder / "chain" / "state.json").unlink(missing_ok=True)
        chain.start()
        await ledger.until(lambda rows: rows[0]["fallbacks"] >= 1)
        after = await ledger.until_confirmed(7)
    assert (after["tx"], after["nonce"]) == (before["tx"], 0)
    assert chain.ask("eth_getTransactionReceipt", after["tx"])["status"] == "0x1"


async def test_of_two_processes_one_anchors_and_the_other_takes_over(
    chain: Chain, ledger: Ledger, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trace.anchor.leader.FOLLOW_S", 0.1)
    async with anchoring(database_url, on_chain(chain)) as first:
        await ledger.publish(7)
        await ledger.until_confirmed(7)
        async with anchoring(database_url, on_chain(chain)) as second:
            await until(lambda: second.name)
            await asyncio.sleep(0.3)
            assert (first.is_leading, second.is_leading) == (True, False)
            await ledger.connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'livehub anchor' AND datname = current_database() AND pid IN"
                " (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
            )
            await ledger.publish(9)
            await ledger.until_confirmed(9)
            await until(lambda: first.is_leading + second.is_leading == 1)
    assert [row["nonce"] for row in await ledger.anchorings()] == [0, 1]


async def test_a_verifier_asks_the_chain_alone(chain: Chain, ledger: Ledger, database_url: str):
    await ledger.publish(7)
    async with anchoring(database_url, on_chain(chain)):
        row = await ledger.until_confirmed(7)

    def look(identity: str, note: bytes) -> verifying.Carried:
        return verifying.identified(chain.url, identity, note)

    name = f"eip155:{chain.chain_id}/{row['tx']}"
    found = await asyncio.to_thread(look, f"{name}/6", note_of(7))
    assert found == verifying.Carried(
        ok=True, chain=f"eip155:{chain.chain_id}", tree=payload.Tree(7, root_of(7)), block=1, depth=1, at_ms=row["block_ms"]
    )  # fmt: skip
    wrong = [
        (f"{name}/7", note_of(7), "the tree of 7 leaves has no leaf 7"),
        (f"{name}/6", note_of(8), "the transaction carries a tree of 7 leaves with another root, or size"),
        (f"{name}/6", note_of(7, b"x" * 32), "the transaction carries a tree of 7 leaves with another root, or size"),
        (
            f"eip155:1/{row['tx']}/6",
            note_of(7),
            f"the node is of eip155:{chain.chain_id}, and the identity of eip155:1",
        ),
        (f"eip155:{chain.chain_id}/0x{'ab' * 32}/6", note_of(7), "the chain has no such transaction in a block"),
    ]
    for identity, note, reason in wrong:
        refused = await asyncio.to_thread(look, identity, note)
        assert (refused.ok, refused.reason) == (False, reason)
    account = chain.ask("eth_accounts")[1]
    other = chain.ask("eth_sendTransaction", {"from": account, "to": account, "data": "0x1234"})
    chain.ask("evm_mine")
    refused = await asyncio.to_thread(look, f"eip155:{chain.chain_id}/{other}/6", note_of(7))
    assert refused.reason == "the transaction carries no checkpoint"


@pytest.mark.parametrize("answer", [html, too_many, no_result, a_list, refusal])
async def test_a_verifier_says_that_it_could_not_look(answer: Any, proxy: Proxy):
    proxy.answer = answer
    with pytest.raises(verifying.RpcError):
        await asyncio.to_thread(verifying.carried, proxy.url, "0x" + "ab" * 32, note_of(7))
