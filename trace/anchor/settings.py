"""Settings of anchors."""

from importlib.util import find_spec
from typing import Annotated
from urllib.parse import urlsplit

from livehub.base.config import Config, described

KINDS = ("evm", "rfc3161", "opentimestamps", "folder")
INSTALL = "python3 bootstrap/setup.py runtime anchor"
PACKAGES = {"evm": "web3", "rfc3161": "rfc3161_client", "opentimestamps": "opentimestamps"}
_URL = r"^(https?://[^\s]+)?$"
KEY_PATTERN = r"^((0x)?[0-9a-fA-F]{64})?$"


class AnchorConfig(Config, frozen=True, kw_only=True):
    """What anchors read, on top of what everybody does."""

    anchors: Annotated[
        str,
        described(
            "where checkpoints of the log are anchored, comma separated; empty: nowhere",
            form="of `evm`, `rfc3161`, `opentimestamps`, `folder`",
            pattern=r"^\s*((evm|rfc3161|opentimestamps|folder)\s*(,\s*(evm|rfc3161|opentimestamps|folder)\s*)*)?$",
        ),
    ] = ""
    anchor_every_s: Annotated[
        float, described("shortest time between two checkpoints that are anchored at one anchor", gt=0, le=604_800)
    ] = 3_600.0
    anchor_look_s: Annotated[float, described("pause between two looks at an anchor", ge=0.05, le=60)] = 2.0
    anchor_timeout_s: Annotated[float, described("longest wait for an answer of an anchor", gt=0, le=60)] = 10.0
    anchor_retry_s_max: Annotated[float, described("longest pause after an anchor has failed", ge=1, le=3_600)] = 300.0

    anchor_evm_url: Annotated[
        str, described("RPC of the chain", form="`http://` or `https://`, with a path if need be", pattern=_URL)
    ] = ""
    anchor_evm_chain_id: Annotated[
        int, described("id of the chain; a node of another one is refused; 0: none", ge=0, le=2**53 - 1)
    ] = 0
    anchor_evm_key: Annotated[
        str,
        described("private key of an account that nobody else uses", form="64 hexadecimal digits", pattern=KEY_PATTERN),
    ] = ""
    anchor_evm_confirmations: Annotated[
        int, described("blocks, its own counted, at which a transaction is anchored", ge=1, le=10_000)
    ] = 12
    anchor_evm_watched_blocks: Annotated[
        int, described("blocks for which what is anchored is still looked at", ge=1, le=100_000)
    ] = 256
    anchor_evm_hold_s: Annotated[
        float,
        described(
            "wait after a block before the next checkpoint is sent; the later before the next block, the more is in it",
            ge=0,
            le=600,
        ),
    ] = 0.0
    anchor_evm_bump_after_s: Annotated[
        float, described("wait for a block, after which a higher fee is offered; 0: never", ge=0, le=604_800)
    ] = 120.0
    anchor_evm_fee_gwei_max: Annotated[float, described("highest fee for a unit of gas", ge=0, le=1_000_000)] = 200.0
    anchor_evm_legacy: Annotated[bool, described("transactions without EIP-1559's fees")] = False
    anchor_evm_gas_free: Annotated[
        bool, described("a gas price of 0, as on consortium chains; such transactions are legacy ones")
    ] = False
    anchor_evm_development: Annotated[
        bool, described("the chain is one for development, and what it has proves nothing")
    ] = False
    anchor_evm_explorer_url: Annotated[
        str,
        described(
            "where a transaction can be looked at; empty: the RPC alone",
            form="`https://` with {tx}",
            pattern=r"^(https?://\S*\{tx\}\S*)?$",
        ),
    ] = ""

    anchor_tsa_url: Annotated[
        str, described("time stamp authority (RFC 3161)", form="`http://` or `https://`", pattern=_URL)
    ] = ""
    anchor_tsa_roots: Annotated[
        str, described("certificates (PEM) of the authorities that its time stamps may go back to", form="a file")
    ] = ""

    anchor_ots_calendars: Annotated[
        str,
        described(
            "OpenTimestamps calendars, comma separated",
            form="`https://host`, or the same with `http://`",
            pattern=r"^\s*https?://[^\s,]+(\s*,\s*https?://[^\s,]+)*\s*$",
        ),
    ] = "https://alice.btc.calendar.opentimestamps.org,https://bob.btc.calendar.opentimestamps.org"
    anchor_ots_upgrade_s: Annotated[
        float, described("pause between two questions for the attestation of Bitcoin", gt=0, le=86_400)
    ] = 600.0
    anchor_ots_give_up_s: Annotated[
        float, described("wait for it, after which the next checkpoint is stamped", ge=60, le=31_536_000)
    ] = 259_200.0

    anchor_folder: Annotated[
        str, described("folder to write checkpoints to, best on another machine", form="a folder")
    ] = ""

    def faults(self) -> list[str]:
        """Each kind that is on has what it needs; of a key no word is said."""
        needed = {
            "evm": ("anchor_evm_url", "anchor_evm_chain_id", "anchor_evm_key"),
            "rfc3161": ("anchor_tsa_url", "anchor_tsa_roots"),
            "folder": ("anchor_folder",),
        }
        found = [
            f"LIVEHUB_{field.upper()}: the anchor {kind} needs it"
            for kind in kinds(self)
            for field in needed.get(kind, ())
            if not getattr(self, field)
        ]
        found += [
            f"LIVEHUB_ANCHORS: the package {PACKAGES[kind]} is not installed, which {kind} needs; run `{INSTALL}`"
            for kind in kinds(self)
            if kind in PACKAGES and find_spec(PACKAGES[kind]) is None
        ]
        if any(urlsplit(url).username for url in calendars(self)):
            found.append("LIVEHUB_ANCHOR_OTS_CALENDARS: their addresses are published, and may have no password")
        return found


def kinds(config: AnchorConfig) -> list[str]:
    """Those that are on, each once."""
    return list(dict.fromkeys(_split(config.anchors)))


def calendars(config: AnchorConfig) -> list[str]:
    """Without a slash at their end."""
    return [url.rstrip("/") for url in _split(config.anchor_ots_calendars)]


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
