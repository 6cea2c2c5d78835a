"""Chains with Ethereum's RPC. A checkpoint is the calldata of a transaction from our account to itself.

Public chains, and consortium chains of the same kind: their headers may carry more than Ethereum's (proof of authority), gas
may be free, and fees may be those from before EIP-1559. This module is loaded where such an anchor is on: web3 takes seconds,
and 100 MB.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import aiohttp
from eth_account import Account
from hexbytes import HexBytes
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import TransactionNotFound, Web3Exception, Web3RPCError
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import TxParams

from trace.anchor import payload
from trace.anchor.protocol import AnchorAway, Kind, WrongChain
from trace.anchor.settings import AnchorConfig
from trace.anchor.states import Anchoring, Attempt, Inclusion, Policy, Seen, Step, bumped

GWEI = 10**9
GAS_MAX = 500_000  # far above what 48 bytes of calldata take anywhere
TIP_WEI = GWEI  # where a node knows no eth_maxPriorityFeePerGas
# What nodes say of a transaction that they have, or had: geth, erigon, nethermind, besu, anvil.
HAD = ("already known", "known transaction", "already imported", "alreadyknown", "nonce too low", "oldnonce")
# Whatever a node answers that is no answer ends as one of these, in web3 or in what reads it here.
ODD = (Web3Exception, aiohttp.ClientError, OSError, TimeoutError, ValueError, TypeError, KeyError, AttributeError)


class EvmAnchor:
    def __init__(self, config: AnchorConfig) -> None:
        timeout = aiohttp.ClientTimeout(total=config.anchor_timeout_s)
        provider = AsyncHTTPProvider(
            config.anchor_evm_url, request_kwargs={"timeout": timeout}, exception_retry_configuration=None
        )
        self._web3 = AsyncWeb3(provider)
        self._web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        self._provider = provider
        self._eth = self._web3.eth
        self._config = config
        self._account = Account.from_key(config.anchor_evm_key)
        self._head: tuple[bytes, int] = (b"", 0)  # the newest block, and when it was first seen
        self._looked_at: tuple[bytes, Sequence[str]] | None = None  # the head at which the confirmed ones were there
        self.name = self.chain = payload.chain_of(config.anchor_evm_chain_id)
        self.kind: Kind = "evm"
        self.is_development = config.anchor_evm_development
        self.policy = Policy(
            depth=config.anchor_evm_confirmations,
            hold_ms=int(config.anchor_evm_hold_s * 1000),
            bump_after_ms=int(config.anchor_evm_bump_after_s * 1000),
            fee_wei_max=int(config.anchor_evm_fee_gwei_max * GWEI),
        )

    async def close(self) -> None:
        await self._provider.disconnect()

    # --- what is sent ---

    async def prepare(self, anchoring: Anchoring, step: Step, now_ms: int) -> Attempt:
        async with _asked():
            data = payload.encoded(payload.Tree(anchoring.size, anchoring.root))
            address = self._account.address
            transaction = cast(TxParams, {"from": address, "to": address, "value": 0, "data": HexBytes(data)})
            gas = min(GAS_MAX, await self._eth.estimate_gas(transaction) * 5 // 4)
            tip, fee = await self._fees(step.instead)
            fees = {"gasPrice": fee} if self._is_legacy else {"maxFeePerGas": fee, "maxPriorityFeePerGas": tip}
            assert step.nonce is not None
            signed = self._account.sign_transaction({
                "to": address, "value": 0, "data": data, "gas": gas, "nonce": step.nonce,
                "chainId": self._config.anchor_evm_chain_id, **fees,
            })  # fmt: skip
        return Attempt(
            ref="0x" + bytes(signed.hash).hex(), raw=bytes(signed.raw_transaction), at_ms=now_ms, nonce=step.nonce,
            fee_wei=fee, tip_wei=tip,
        )  # fmt: skip

    @property
    def _is_legacy(self) -> bool:
        return self._config.anchor_evm_legacy or self._config.anchor_evm_gas_free

    async def _fees(self, instead: Attempt | None) -> tuple[int, int]:
        """Tip and fee at most, for a unit of gas. Twice the present base fee lasts for six full blocks in a row."""
        if self._config.anchor_evm_gas_free:
            return 0, 0
        most = self.policy.fee_wei_max
        if self._is_legacy:
            tip = fee = int(await self._eth.gas_price)
        else:
            tip = await self._tip()
            head = await self._eth.get_block("latest")
            fee = 2 * int(head["baseFeePerGas"]) + tip
        if instead is not None:
            tip, fee = max(tip, bumped(instead.tip_wei)), max(fee, bumped(instead.fee_wei))
        fee = min(fee, most)
        return min(tip, fee), fee

    async def _tip(self) -> int:
        try:
            return int(await self._eth.max_priority_fee)
        except Web3RPCError:
            return TIP_WEI

    async def send(self, anchoring: Anchoring, attempt: Attempt) -> bytes | None:
        del anchoring
        async with _asked():
            try:
                await self._eth.send_raw_transaction(HexBytes(attempt.raw))
            except Web3RPCError as error:
                if not any(word in str(error).lower() for word in HAD):
                    raise AnchorAway("refused", _said(error)) from error
        return None

    # --- what the chain says ---

    async def look(self, anchorings: Sequence[Anchoring], now_ms: int) -> Seen:
        async with _asked():
            confirmed = [each for each in anchorings if each.state == "confirmed"]
            has_open = len(confirmed) < len(anchorings)
            next_nonce = None
            if has_open:
                await self._check_chain()
                next_nonce = await self._eth.get_transaction_count(self._account.address, "latest")
            head = await self._eth.get_block("latest")
            if bytes(head["hash"]) != self._head[0]:
                if not has_open:
                    await self._check_chain()
                self._head = (bytes(head["hash"]), now_ms)
            included = await self._still_there(confirmed, head)
            if next_nonce is None and len(included) < len(confirmed):
                next_nonce = await self._eth.get_transaction_count(self._account.address, "latest")
            known: set[str] = set(included)
            for each in anchorings:
                if not included.keys() & {attempt.ref for attempt in each.attempts}:
                    await self._find(each, included, known)
            return Seen(
                included=included, known=frozenset(known), head=int(head["number"]), next_nonce=next_nonce,
                head_ms=self._head[1],
            )  # fmt: skip

    async def _check_chain(self) -> None:
        found: Any = await self._eth.chain_id
        if not isinstance(found, int):
            raise AnchorAway("unreadable", "no answer of a node")
        if found != self._config.anchor_evm_chain_id:
            raise WrongChain(self._config.anchor_evm_chain_id, found)

    async def _still_there(self, confirmed: Sequence[Anchoring], head: Any) -> dict[str, Inclusion]:
        """Those that are where they were. A reorganisation takes away the newest blocks: with the newest of ours all older ones
        are there, too; and what lies deep enough is not asked for any more.
        """
        kept = {each.included.ref: each.included for each in confirmed if each.included is not None}
        looked_at = (bytes(head["hash"]), tuple(sorted(kept)))
        newest = max(kept.values(), key=lambda each: each.block or 0, default=None)
        if newest is None or looked_at == self._looked_at:
            return kept
        deep = int(head["number"]) - self._config.anchor_evm_watched_blocks
        if not 0 < (newest.block or 0) <= deep and not await self._is_block(newest):
            return {ref: each for ref, each in kept.items() if 0 < (each.block or 0) <= deep}
        self._looked_at = looked_at
        return kept

    async def _is_block(self, inclusion: Inclusion) -> bool:
        try:
            block = await self._eth.get_block(inclusion.block or 0)
        except Web3Exception as error:
            if type(error).__name__ != "BlockNotFound":
                raise
            return False
        return "0x" + bytes(block["hash"]).hex() == inclusion.block_hash

    async def _find(self, anchoring: Anchoring, included: dict[str, Inclusion], known: set[str]) -> None:
        for attempt in anchoring.attempts:
            try:
                receipt = await self._eth.get_transaction_receipt(HexBytes(attempt.ref))
            except TransactionNotFound:
                continue
            block = await self._eth.get_block(receipt["blockHash"])
            included[attempt.ref] = Inclusion(
                ref=attempt.ref, at_ms=int(block["timestamp"]) * 1000, block=int(receipt["blockNumber"]),
                block_hash="0x" + bytes(receipt["blockHash"]).hex(), is_good=dict(receipt).get("status", 1) == 1,
            )  # fmt: skip
            known.add(attempt.ref)
        for attempt in anchoring.live[-1:]:
            if attempt.ref not in known:
                try:
                    await self._eth.get_transaction(HexBytes(attempt.ref))
                except TransactionNotFound:
                    continue
                known.add(attempt.ref)


@asynccontextmanager
async def _asked() -> AsyncIterator[None]:
    """Whatever a node does that it should not is AnchorAway."""
    try:
        yield
    except aiohttp.ClientResponseError as error:
        kind = "too_many" if error.status == 429 else "http"
        wait = error.headers.get("Retry-After", "") if error.headers else ""
        raise AnchorAway(kind, f"HTTP {error.status}", float(wait) if wait.isdecimal() else 0.0) from error
    except TimeoutError as error:
        raise AnchorAway("timeout", "no answer in time") from error
    except (aiohttp.ClientConnectionError, OSError) as error:
        raise AnchorAway("connection", "no connection") from error
    except Web3RPCError as error:
        raise AnchorAway("refused", _said(error)) from error
    except ODD as error:
        raise AnchorAway("unreadable", f"no answer of a node ({type(error).__name__})") from error


def _said(error: Web3RPCError) -> str:
    """What a node gives as its reason, which may be anything."""
    return " ".join(str(error).split())[:200]
