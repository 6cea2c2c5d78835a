"""Settings of the transparency log."""

from typing import Annotated, ClassVar, Literal

from livehub.base.config import Config, described


class LogConfig(Config, frozen=True, kw_only=True):
    """What the log reads, on top of what everybody does."""

    # A leader that waits for a witness, twice if it has to be told where that is, says nothing meanwhile.
    in_order: ClassVar[tuple[tuple[str, str], ...]] = (("log_witness_s_max", "log_silence_s"),)

    log_dir: Annotated[
        str,
        described(
            "folder of the transparency log's tiles and checkpoint, one for all processes of a node; empty: entries wait in"
            " PostgreSQL, and nothing is published",
            form="a folder",
        ),
    ] = ""
    log_origin: Annotated[
        str, described("name of the log for ever, without a scheme, e.g. shop.example/log; the server's name if empty")
    ] = ""
    log_key: Annotated[
        str,
        described("the log's private key: 64 hexadecimal digits; never logged. Needed where LIVEHUB_LOG_DIR is set"),
    ] = ""
    log_pause_ms: Annotated[
        int, described("shortest time between two checkpoints; entries wait for the next one", ge=0, le=60_000)
    ] = 100
    log_batch_max: Annotated[int, described("entries that one checkpoint adds", ge=1, le=1_000_000)] = 20_000
    log_poll_s: Annotated[
        float, described("how often the log looks for entries of which it was not notified", gt=0, le=60)
    ] = 1.0
    log_silence_s: Annotated[
        float,
        described("a process that writes the log and says nothing for this long is taken to be gone", ge=0.5, le=60),
    ] = 5.0
    log_look_s: Annotated[
        float, described("pause before a process looks again whether it may write the log", gt=0, le=60)
    ] = 0.5
    log_restore_s_max: Annotated[
        float, described("longest statement of a process that reads the log before it leads", ge=1, le=3_600)
    ] = 120.0
    log_wait_s_max: Annotated[
        float, described("longest wait of a call for its entry to be in a published checkpoint", ge=0, le=60)
    ] = 3.0
    log_mldsa44_key: Annotated[
        str,
        described(
            "private key by which the log cosigns its own checkpoints with ML-DSA-44, too: 64 hexadecimal digits; never logged"
        ),
    ] = ""
    log_witnesses: Annotated[
        str,
        described(
            "witnesses that cosign the checkpoints, separated by commas: an address, a space, and the public key, e.g."
            " https://witness.example name+12345678+BAAA..."
        ),
    ] = ""
    log_witnesses_min: Annotated[
        int, described("cosignatures without which no checkpoint is published", ge=0, le=16)
    ] = 0
    log_witness_s_max: Annotated[
        float, described("longest wait for a witness before a checkpoint goes on without it", gt=0, le=20)
    ] = 1.0
    log_witness_key: Annotated[
        str,
        described(
            "private key by which this server is a witness of other logs: 64 hexadecimal digits; never logged; empty: it is"
            " none"
        ),
    ] = ""
    log_witness_name: Annotated[str, described("name of this server as a witness, e.g. witness.example")] = ""
    log_witness_kind: Annotated[Literal["ed25519", "mldsa44"], described("how this server cosigns as a witness")] = (
        "ed25519"
    )
    log_witnessed: Annotated[
        str, described("public keys of the logs that this server is a witness of, separated by commas")
    ] = ""
    log_tiles_cached_max: Annotated[
        int, described("tiles of up to 8 kB that a process keeps in memory to make proofs of", ge=0, le=1_000_000)
    ] = 1_000
