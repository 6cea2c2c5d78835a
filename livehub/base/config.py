"""Configuration: every setting and every limit in one place, from the environment alone.

A field `chat_text_chars_max` is set by LIVEHUB_CHAT_TEXT_CHARS_MAX; DATABASE_URL and REDIS_URL keep their usual names.
The unit stands last in a name. docs/operations.md lists all of them, and a test fails when one is missing there.
`load` reads a mapping given to it, so that nothing below this module looks at the environment.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct


def _meta(description: str, **bounds: Any) -> Any:
    return Meta(description=description, **bounds)


class Config(Struct, frozen=True, kw_only=True):
    """All settings. Each has a default that suits one machine; each bad value is refused by name at start."""

    # --- where things are ---
    database_url: Annotated[str, _meta("PostgreSQL to use; empty: the embedded one")] = ""
    redis_url: Annotated[str, _meta("Valkey or Redis to use; empty: the embedded one")] = ""
    host: Annotated[str, _meta("address to listen on")] = "127.0.0.1"
    public_url: Annotated[
        str, _meta("how the outside reaches us, e.g. https://live.example; empty: http://host:port")
    ] = ""
    tls_cert: Annotated[str, _meta("certificate chain (PEM) to serve HTTPS with; empty: plain HTTP")] = ""
    tls_key: Annotated[str, _meta("its private key (PEM)")] = ""
    tls_authority: Annotated[
        str, _meta("certificate (PEM) of its authority, for devices to fetch at /lan/ca.crt; empty: none")
    ] = ""
    web_dist: Annotated[str, _meta("folder of the built web pages")] = "web/dist"
    secret: Annotated[str, _meta("key that signs tokens, at least 32 characters; empty: kept in the data folder")] = ""
    trust_proxy: Annotated[
        bool, _meta("take the client's address from X-Forwarded-For (only behind a proxy of yours)")
    ] = False
    allowed_origins: Annotated[str, _meta("other origins whose pages may open the socket, comma separated; *: any")] = (
        ""
    )

    # --- logs and sign-in ---
    log_format: Annotated[Literal["json", "text"], _meta("one JSON object a line, or for people")] = "json"
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], _meta("least level written")] = "INFO"
    sign_in_by_name: Annotated[bool, _meta("POST /api/session {name} gives a viewer's token")] = False
    token_ttl_s: Annotated[int, _meta("life of a token", ge=60, le=31_536_000)] = 604_800
    guest_token_ttl_s: Annotated[int, _meta("life of a guest's token", ge=60, le=31_536_000)] = 86_400

    # --- PostgreSQL, Valkey, jobs ---
    db_pool_max: Annotated[int, _meta("connections of one process to PostgreSQL", ge=2, le=500)] = 10
    db_timeout_s: Annotated[float, _meta("longest wait for a connection or a statement", gt=0, le=600)] = 10.0
    redis_timeout_s: Annotated[float, _meta("longest wait for Valkey", gt=0, le=60)] = 2.0
    redis_retry_s: Annotated[float, _meta("pause before the bus connects again", gt=0, le=60)] = 0.25
    job_concurrency: Annotated[int, _meta("jobs at a time", ge=1, le=100)] = 4
    job_poll_s: Annotated[float, _meta("how late a scheduled job may start", gt=0, le=60)] = 0.5
    job_attempts_max: Annotated[int, _meta("tries of a job before it is left as failed", ge=1, le=100)] = 8
    jobs_kept_s: Annotated[int, _meta("how long jobs that have ended are kept", ge=7_200, le=315_360_000)] = 1_209_600
    events_kept_s: Annotated[int, _meta("how long outbox events are kept", ge=86_400, le=315_360_000)] = 2_592_000
    idempotency_ttl_s: Annotated[int, _meta("how long an Idempotency-Key is remembered", ge=60, le=31_536_000)] = 86_400

    # --- HTTP ---
    http_body_bytes_max: Annotated[int, _meta("largest JSON body", ge=1_024, le=100_000_000)] = 262_144
    http_requests_per_s_max: Annotated[
        float, _meta("API calls a second from one address or person", gt=0, le=1_000_000)
    ] = 50.0
    http_requests_burst_max: Annotated[int, _meta("API calls at once from one address or person", ge=1)] = 200
    sessions_per_s_max: Annotated[float, _meta("tokens given a second to one address", gt=0, le=1_000_000)] = 5.0
    sessions_burst_max: Annotated[int, _meta("tokens given at once to one address", ge=1)] = 200
    limiter_keys_max: Annotated[int, _meta("people or addresses a rate limiter remembers", ge=100)] = 100_000
    shutdown_grace_s: Annotated[float, _meta("longest time a stop may take", gt=0, le=600)] = 10.0

    # --- sockets ---
    sockets_max: Annotated[int, _meta("sockets of one process", ge=1, le=1_000_000)] = 18_000
    sockets_per_address_max: Annotated[int, _meta("sockets of one process from one address", ge=1, le=1_000_000)] = 256
    connects_per_s_max: Annotated[float, _meta("clients let in a second by one process", gt=0, le=1_000_000)] = 2_000.0
    connects_burst_max: Annotated[int, _meta("clients let in at once by one process", ge=1)] = 4_000
    admission_lag_ms_max: Annotated[
        float, _meta("no new clients while the event loop is later than this", gt=0, le=60_000)
    ] = 1_000.0
    socket_send_loop: Annotated[
        Literal["start", "later", "off"],
        _meta("load the compiled loop that sends to many (Linux, 140 MB): at the start, with 128 viewers, or never"),
    ] = "later"
    socket_deflate: Annotated[bool, _meta("compress for clients that offer permessage-deflate")] = True
    socket_message_bytes_max: Annotated[int, _meta("largest message from a client", ge=256, le=10_000_000)] = 16_384
    socket_events_per_s_max: Annotated[float, _meta("events a second of one socket", gt=0, le=1_000_000)] = 20.0
    socket_events_burst_max: Annotated[int, _meta("events at once of one socket", ge=1)] = 60
    socket_errors_max: Annotated[int, _meta("events over the limit before a socket is closed", ge=1)] = 200
    socket_backlog_bytes_max: Annotated[
        int, _meta("bytes that wait for a viewer before ticks are skipped", ge=1_024)
    ] = 65_536
    socket_backlog_close_bytes: Annotated[int, _meta("bytes that wait before a viewer is cut off (3002)", ge=4_096)] = (
        1_048_576
    )
    socket_polling_queue_max: Annotated[int, _meta("frames that wait for a long-polling client", ge=8, le=10_000)] = 256
    handshakes_max: Annotated[int, _meta("connections that have not said yet what they want", ge=16)] = 4_096
    socket_handshake_s: Annotated[float, _meta("time to send the Socket.IO CONNECT", gt=0, le=120)] = 10.0
    socket_rooms_max: Annotated[int, _meta("rooms of one socket", ge=1, le=100)] = 5
    socket_pending_max: Annotated[int, _meta("unanswered events of one socket", ge=1, le=1_000)] = 16
    ping_interval_s: Annotated[float, _meta("pause between heartbeats", gt=0, le=300)] = 25.0
    ping_timeout_s: Annotated[float, _meta("time to answer a heartbeat", gt=0, le=300)] = 20.0
    reconnect_spread_ms: Annotated[
        int, _meta("clients come back spread over this time after a stop", ge=0, le=600_000)
    ] = 5_000

    # --- rooms ---
    tick_interval_ms: Annotated[int, _meta("least pause between ticks of a busy room", ge=10, le=5_000)] = 100
    tick_interval_ms_max: Annotated[int, _meta("longest pause between ticks of a busy room", ge=10, le=10_000)] = 1_000
    cpu_share_max: Annotated[
        float, _meta("share of a processor that one process keeps within by making ticks fewer", ge=0.1, le=1.0)
    ] = 0.5
    chat_shown_per_s_max: Annotated[
        float, _meta("chat lines shown a second; more are sampled fairly", gt=0, le=100_000)
    ] = 20.0
    tick_pending_max: Annotated[int, _meta("chat lines that wait for a tick", ge=1, le=100_000)] = 2_000
    fanout_slice: Annotated[int, _meta("viewers written to before other work has its turn", ge=1, le=100_000)] = 100
    presence_interval_s: Annotated[float, _meta("how often a process tells its viewer count", gt=0, le=60)] = 1.0
    presence_ttl_s: Annotated[float, _meta("how long the count of a silent process is believed", gt=0, le=600)] = 5.0
    control_ring_max: Annotated[int, _meta("control messages kept in memory per room", ge=1, le=100_000)] = 512
    control_recover_max: Annotated[
        int, _meta("missed control messages sent at a join; more: a fresh snapshot", ge=1)
    ] = 1_000
    control_sync_s: Annotated[float, _meta("how often heads are compared with PostgreSQL", gt=0, le=600)] = 2.0
    control_sync_degraded_s: Annotated[float, _meta("the same while the bus is away", gt=0, le=600)] = 0.25
    rooms_open_max: Annotated[int, _meta("rooms held in memory by one process", ge=1, le=100_000)] = 1_000
    room_idle_s: Annotated[float, _meta("an empty room leaves memory after", gt=0, le=86_400)] = 60.0
    chat_history_max: Annotated[int, _meta("chat lines in a snapshot", ge=0, le=1_000)] = 50
    chat_text_chars_max: Annotated[int, _meta("characters of a chat line", ge=1, le=2_000)] = 200
    chat_per_s_max: Annotated[float, _meta("chat lines a second of one person", gt=0, le=1_000_000)] = 1.0
    chat_burst_max: Annotated[int, _meta("chat lines at once of one person", ge=1)] = 5
    chats_kept_s: Annotated[
        int, _meta("how long chat, and what moderators decided of it, is kept", ge=86_400, le=3_153_600_000)
    ] = 7_776_000
    controls_kept_s: Annotated[
        int, _meta("how long control messages are kept that no recovery is owed any more", ge=7_200, le=3_153_600_000)
    ] = 2_592_000
    directs_kept_s: Annotated[
        int, _meta("how long a direct message is kept after it was read", ge=7_200, le=3_153_600_000)
    ] = 2_592_000
    chat_log_pending_max: Annotated[int, _meta("chat lines that wait to be stored", ge=1, le=1_000_000)] = 20_000
    chat_log_interval_s: Annotated[float, _meta("pause between stores of chat lines", gt=0, le=60)] = 0.5
    likes_per_s_max: Annotated[float, _meta("likes a second counted of one socket", gt=0, le=1_000_000)] = 50.0
    likes_burst_max: Annotated[int, _meta("likes at once counted of one socket", ge=1)] = 200
    ask_text_chars_max: Annotated[int, _meta("characters of a question", ge=1, le=2_000)] = 300
    ask_per_s_max: Annotated[float, _meta("questions a second of one person", gt=0, le=1_000_000)] = 0.1
    ask_burst_max: Annotated[int, _meta("questions at once of one person", ge=1)] = 3
    questions_shown_max: Annotated[int, _meta("answered questions in a room's view", ge=1, le=500)] = 50
    report_per_s_max: Annotated[float, _meta("reports a second of one person", gt=0, le=1_000_000)] = 0.2
    report_burst_max: Annotated[int, _meta("reports at once of one person", ge=1)] = 5
    bag_max: Annotated[int, _meta("products in a room's bag", ge=1, le=1_000)] = 100
    coupons_shown_max: Annotated[int, _meta("coupons in a room's view", ge=1, le=100)] = 10
    restrictions_max: Annotated[int, _meta("people muted or banned in a room at a time", ge=1, le=100_000)] = 2_000
    answers_batch_max: Annotated[int, _meta("quiz answers stored by one commit", ge=1, le=100_000)] = 2_000
    answers_pending_max: Annotated[int, _meta("quiz answers that wait for their commit", ge=1, le=1_000_000)] = 50_000
    staff_items_max: Annotated[int, _meta("items told to staff with one tick", ge=1, le=1_000)] = 50
    lists_max: Annotated[int, _meta("rows in one answer of a list endpoint", ge=1, le=10_000)] = 500
    directs_unread_max: Annotated[int, _meta("unread direct messages sent at a connection", ge=1, le=10_000)] = 100

    # --- media: the way in and out by WebRTC ---
    media_udp_port: Annotated[int, _meta("UDP port of all WebRTC media; 0: any free one", ge=0, le=65_535)] = 0
    media_addresses: Annotated[
        str, _meta("addresses at which peers reach that port, comma separated; empty: those of this machine")
    ] = ""
    media_ice_servers: Annotated[
        str, _meta("STUN and TURN servers told to peers, comma separated: `turn:host:port?transport=udp user password`")
    ] = ""
    media_turn_secret: Annotated[
        str, _meta("shared with the TURN servers that are named without user and password; never told, never logged")
    ] = ""
    media_turn_ttl_s: Annotated[float, _meta("how long credentials made with it are good", ge=60, le=604_800)] = (
        43_200.0
    )
    media_sdp_bytes_max: Annotated[int, _meta("largest SDP", ge=1_024, le=10_000_000)] = 65_536
    media_peers_max: Annotated[int, _meta("WebRTC sessions of one process", ge=1, le=100_000)] = 1_000
    media_handshake_s: Annotated[float, _meta("time for ICE and DTLS to connect", gt=0, le=300)] = 15.0
    media_silence_s: Annotated[
        float, _meta("a session ends when nothing came from its peer for this time", gt=0, le=7_200)
    ] = 30.0
    media_receive_buffer_bytes: Annotated[int, _meta("kernel's buffer for arriving media", ge=65_536)] = 4_194_304
    media_sessions_per_s_max: Annotated[
        float, _meta("WebRTC sessions begun a second by one address", gt=0, le=1_000_000)
    ] = 2.0
    media_sessions_burst_max: Annotated[int, _meta("WebRTC sessions begun at once by one address", ge=1)] = 30
    cameras_per_room_max: Annotated[int, _meta("cameras of a room", ge=1, le=1_000)] = 16
    cameras_max: Annotated[int, _meta("cameras that send to one process at a time", ge=1, le=1_000)] = 64
    camera_bitrate_max_bps: Annotated[
        int, _meta("bit rate that publishers are allowed (REMB)", ge=50_000, le=100_000_000)
    ] = 2_500_000
    camera_bitrate_min_bps: Annotated[
        int, _meta("bit rate that publishers are asked for on the worst of links", ge=10_000, le=100_000_000)
    ] = 250_000
    camera_keyframe_ms: Annotated[int, _meta("pause after which a keyframe is asked for", ge=200, le=60_000)] = 1_900
    camera_pli_ms: Annotated[int, _meta("least pause between two such requests", ge=50, le=10_000)] = 300
    camera_frame_wait_ms: Annotated[
        int, _meta("how long a lost packet is waited for before a keyframe is asked for", ge=20, le=5_000)
    ] = 200
    camera_nack_ms: Annotated[int, _meta("pause before a lost packet is asked for again", ge=5, le=1_000)] = 20
    camera_packets_max: Annotated[int, _meta("packets that wait for a lost one", ge=64, le=100_000)] = 2_048
    camera_lost_ms: Annotated[int, _meta("a camera without a frame for this time is lost", ge=200, le=60_000)] = 1_000
    camera_makes_way_s: Annotated[
        float, _meta("a publisher that was silent for this time makes way for another", gt=0, le=600)
    ] = 2.0
    program_back_ms: Annotated[
        int, _meta("how long a camera that was lost has to send before it is shown again", ge=0, le=60_000)
    ] = 500
    program_cut_s: Annotated[float, _meta("how long a cut waits for a keyframe", gt=0, le=60)] = 3.0
    program_fallback: Annotated[
        Literal["slate", "camera"], _meta("shown for a camera that is lost: the slate, or another camera that sends")
    ] = "slate"
    program_slate_s_max: Annotated[
        float, _meta("a program ends when no camera has sent for this time", ge=5, le=86_400)
    ] = 900.0
    program_resume_s: Annotated[
        float, _meta("how long a program's cameras have to come back after the media process began anew", gt=0, le=600)
    ] = 20.0
    whep_viewers_max: Annotated[int, _meta("viewers by WebRTC of one process", ge=0, le=10_000)] = 60
    whep_history_packets: Annotated[int, _meta("packets kept to be sent again", ge=64, le=65_536)] = 1_024
    whep_join_bytes_max: Annotated[
        int, _meta("most bytes of the running group of pictures that a new viewer is sent", ge=0)
    ] = 1_048_576

    # --- media: low-latency HLS ---
    media_part_ms: Annotated[int, _meta("length of a part; PART-TARGET is 1.15 times it", ge=100, le=1_000)] = 200
    media_segment_ms: Annotated[int, _meta("a keyframe after this time begins a segment", ge=500, le=10_000)] = 2_000
    media_segment_ms_max: Annotated[
        int, _meta("a segment ends after this time even without a keyframe; EXT-X-TARGETDURATION", ge=1_000, le=20_000)
    ] = 4_000
    media_memory_s: Annotated[float, _meta("how long the bytes of the live stream stay in memory", ge=30, le=600)] = (
        48.0
    )
    media_dvr_s: Annotated[
        float, _meta("how far back a live viewer may go, where the stream is recorded", ge=30, le=86_400)
    ] = 1_800.0
    media_waiting_max: Annotated[int, _meta("requests of one process that wait for a part", ge=1, le=1_000_000)] = (
        20_000
    )

    # --- media: renditions that cost a transcoding ---
    media_aac: Annotated[bool, _meta("a second sound in AAC, for Safari before 17 (1.5% of a core per room)")] = False
    media_lower: Annotated[
        bool, _meta("a second, smaller picture for poor links (from 16% of a core per room, in a process of its own)")
    ] = False
    media_lower_side_px: Annotated[int, _meta("its smaller side", ge=120, le=2_160)] = 360
    media_lower_bitrate_bps: Annotated[int, _meta("its bit rate", ge=50_000, le=10_000_000)] = 600_000
    media_lower_backlog_bytes: Annotated[
        int, _meta("bytes that wait for that process before frames are left out", ge=65_536)
    ] = 2_097_152

    # --- media: recordings and clips ---
    media_dir: Annotated[str, _meta("folder of recordings and clips; empty: nothing is recorded")] = ""
    media_disk_free_bytes_min: Annotated[
        int, _meta("recording stops while less than this is free on the disk", ge=0)
    ] = 1_000_000_000
    media_record_queue_bytes: Annotated[
        int, _meta("bytes of a recording that wait for the disk before some are left out", ge=1_048_576)
    ] = 67_108_864
    media_record_retry_s: Annotated[
        float, _meta("pause before recording is tried again after the disk refused", gt=0, le=1_800)
    ] = 5.0
    media_resume_s_max: Annotated[
        float, _meta("a stream that was cut off by a crash goes on if it does so within this time", ge=0, le=86_400)
    ] = 300.0
    media_clip_s_max: Annotated[float, _meta("longest clip", gt=0, le=7_200)] = 600.0
    media_clips_at_once_max: Annotated[int, _meta("clips that are cut at a time by one process", ge=1, le=100)] = 2
    highlights_max: Annotated[int, _meta("highlights proposed of one recording", ge=1, le=100)] = 12
    recordings_kept_s: Annotated[int, _meta("how long recordings are kept", ge=7_200, le=3_153_600_000)] = 7_776_000
    clips_kept_s: Annotated[int, _meta("how long clips are kept", ge=7_200, le=3_153_600_000)] = 31_536_000
    media_s3_url: Annotated[str, _meta("S3-compatible storage, e.g. https://s3.example; empty: the disk alone")] = ""
    media_s3_bucket: Annotated[str, _meta("its bucket")] = "livehub"
    media_s3_region: Annotated[str, _meta("its region")] = "us-east-1"
    media_s3_key: Annotated[str, _meta("id of the key to it")] = ""
    media_s3_secret: Annotated[str, _meta("the key itself; never logged")] = ""
    media_s3_uploads_max: Annotated[int, _meta("uploads at a time", ge=1, le=100)] = 4
    media_s3_retry_s: Annotated[float, _meta("pause after an upload that failed", gt=0, le=1_800)] = 5.0

    # --- media: cameras that are pulled ---
    media_files: Annotated[str, _meta("folder of files that can be cameras; empty: none")] = ""
    camera_rtsp_transport: Annotated[Literal["tcp", "udp"], _meta("how IP cameras send their packets")] = "tcp"
    camera_pull_open_s: Annotated[float, _meta("time for an IP camera to begin", gt=0, le=120)] = 10.0
    camera_pull_silence_s: Annotated[
        float, _meta("an IP camera that sends nothing for this time is called anew", gt=0, le=120)
    ] = 3.0
    camera_pull_retry_min_s: Annotated[float, _meta("pause before an IP camera is called again", gt=0, le=60)] = 0.5
    camera_pull_retry_max_s: Annotated[
        float, _meta("longest such pause; it doubles while nobody answers", gt=0, le=1_800)
    ] = 10.0
    camera_pull_frames_max: Annotated[
        int, _meta("frames of a pulled camera that wait for the event loop", ge=16, le=100_000)
    ] = 512


_OWN_NAMES = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


class ConfigError(Exception):
    """The environment holds something that can't be used; the text names each variable and what is wrong with it."""


def variable(field: str) -> str:
    """The environment variable of a field."""
    return _OWN_NAMES.get(field, f"LIVEHUB_{field.upper()}")


def _read(field: msgspec.structs.FieldInfo, text: str) -> Any:
    if get_args(field.type)[0] is bool:
        text = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    return msgspec.convert(text, field.type, strict=False)


def load(environ: Mapping[str, str], **overrides: Any) -> Config:
    """The configuration out of `environ`; `overrides` (field=value) win. Raises ConfigError naming every fault."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in msgspec.structs.fields(Config):
        name = variable(field.name)
        text = environ.get(name, "")
        if not text:
            continue
        try:
            values[field.name] = _read(field, text)
        except msgspec.ValidationError as error:
            faults.append(f"{name}: {error}")
    known = {variable(name) for name in Config.__struct_fields__} | {"LIVEHUB_PORT", "LIVEHUB_DATA"}
    faults += [
        f"{name}: there is no such setting"
        for name in sorted(environ)
        if name.startswith("LIVEHUB_") and name not in known
    ]
    values.update(overrides)
    if values.get("secret") and len(values["secret"]) < 32:
        faults.append("LIVEHUB_SECRET: at least 32 characters are needed")
    if faults:
        raise ConfigError("; ".join(faults))
    return Config(**values)
