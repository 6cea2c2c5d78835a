"""Settings of sockets and rooms."""

from typing import Annotated, ClassVar, Literal

from livehub.base.config import Config, described


class HubConfig(Config, frozen=True, kw_only=True):
    """What the hub reads, on top of what everybody does."""

    in_order: ClassVar = (
        ("tick_interval_ms", "tick_interval_ms_max"),
        ("presence_interval_s", "presence_ttl_s"),
        ("socket_backlog_bytes_max", "socket_backlog_close_bytes"),
        ("control_sync_degraded_s", "control_sync_s"),
    )

    shop_name: Annotated[
        str, described("whose rooms are that ops make without naming a host", min_length=1, max_length=120)
    ] = "livehub"

    room_hosts_max: Annotated[
        int, described("hosts, co-hosts and experts of a room, and its open invitations", ge=1, le=1_000)
    ] = 50
    room_invitation_s: Annotated[int, described("an invitation to run a room can be accepted", ge=60, le=2_592_000)] = (
        259_200
    )

    # --- sockets ---
    sockets_max: Annotated[int, described("sockets of one process", ge=1, le=1_000_000)] = 18_000
    sockets_per_address_max: Annotated[
        int, described("sockets of one process from one address", ge=1, le=1_000_000)
    ] = 256
    connects_per_s_max: Annotated[float, described("clients let in a second by one process", gt=0, le=1_000_000)] = (
        2_000.0
    )
    connects_burst_max: Annotated[int, described("clients let in at once by one process", ge=1)] = 4_000
    admission_lag_ms_max: Annotated[
        float, described("no new clients while the event loop is later than this", gt=0, le=60_000)
    ] = 1_000.0
    socket_send_loop: Annotated[
        Literal["start", "later", "off"],
        described(
            "load the compiled loop that sends to many (Linux, 140 MB): at the start, with 128 viewers, or never"
        ),
    ] = "later"
    socket_deflate: Annotated[bool, described("compress for clients that offer permessage-deflate")] = True
    socket_message_bytes_max: Annotated[int, described("largest message from a client", ge=256, le=10_000_000)] = 16_384
    socket_events_per_s_max: Annotated[float, described("events a second of one socket", gt=0, le=1_000_000)] = 20.0
    socket_events_burst_max: Annotated[int, described("events at once of one socket", ge=1)] = 60
    socket_errors_max: Annotated[
        int, described("events over the limit, each refused, before a socket is closed; forgiven at that rate", ge=1)
    ] = 2_000
    socket_backlog_bytes_max: Annotated[
        int, described("bytes that wait for a viewer before ticks are skipped", ge=1_024)
    ] = 65_536
    socket_backlog_close_bytes: Annotated[
        int, described("bytes that wait before a viewer is cut off (3002)", ge=4_096)
    ] = 1_048_576
    socket_polling_queue_max: Annotated[
        int, described("frames that wait for a long-polling client", ge=8, le=10_000)
    ] = 256
    handshakes_max: Annotated[int, described("connections that have not said yet what they want", ge=16)] = 4_096
    socket_handshake_s: Annotated[float, described("time to send the Socket.IO CONNECT", gt=0, le=120)] = 10.0
    socket_rooms_max: Annotated[int, described("rooms of one socket", ge=1, le=100)] = 5
    socket_pending_max: Annotated[int, described("unanswered events of one socket", ge=1, le=1_000)] = 16
    socket_token_grace_s: Annotated[
        float, described("how long a client may take to send a new token when its own has ended", gt=0, le=600)
    ] = 60.0
    ping_interval_s: Annotated[float, described("pause between heartbeats", gt=0, le=300)] = 25.0
    ping_timeout_s: Annotated[float, described("time to answer a heartbeat", gt=0, le=300)] = 20.0
    reconnect_spread_ms: Annotated[
        int, described("clients come back spread over this time after a stop", ge=0, le=600_000)
    ] = 5_000

    # --- rooms ---
    tick_interval_ms: Annotated[int, described("least pause between ticks of a busy room", ge=10, le=5_000)] = 100
    tick_interval_ms_max: Annotated[int, described("longest pause between ticks of a busy room", ge=10, le=10_000)] = (
        1_000
    )
    cpu_share_max: Annotated[
        float, described("share of a processor that one process keeps within by making ticks fewer", ge=0.1, le=1.0)
    ] = 0.5
    chat_shown_per_s_max: Annotated[
        float, described("chat lines shown a second; more are sampled fairly", gt=0, le=100_000)
    ] = 20.0
    tick_pending_max: Annotated[int, described("chat lines that wait for a tick", ge=1, le=100_000)] = 2_000
    fanout_slice: Annotated[int, described("viewers written to before other work has its turn", ge=1, le=100_000)] = 100
    presence_interval_s: Annotated[float, described("how often a process tells its viewer count", gt=0, le=60)] = 1.0
    presence_ttl_s: Annotated[float, described("how long the count of a silent process is believed", gt=0, le=600)] = (
        5.0
    )
    control_ring_max: Annotated[int, described("control messages kept in memory per room", ge=1, le=100_000)] = 512
    control_recover_max: Annotated[
        int, described("missed control messages sent at a join; more: a fresh snapshot", ge=1)
    ] = 1_000
    control_sync_s: Annotated[float, described("how often heads are compared with PostgreSQL", gt=0, le=600)] = 2.0
    control_sync_degraded_s: Annotated[float, described("the same while the bus is away", gt=0, le=600)] = 0.25
    rooms_open_max: Annotated[int, described("rooms held in memory by one process", ge=1, le=100_000)] = 1_000
    room_idle_s: Annotated[float, described("an empty room leaves memory after", gt=0, le=86_400)] = 60.0
    chat_history_max: Annotated[int, described("chat lines in a snapshot", ge=0, le=1_000)] = 50
    controls_kept_s: Annotated[
        int,
        described(
            "how long control messages that no recovery needs any more are kept",
            ge=7_200,
            le=3_153_600_000,
        ),
    ] = 2_592_000
    likes_per_s_max: Annotated[float, described("likes a second counted of one socket", gt=0, le=1_000_000)] = 50.0
    likes_burst_max: Annotated[int, described("likes at once counted of one socket", ge=1)] = 200
    room_stock_max: Annotated[int, described("counts of what is left in a room's ticks", ge=1, le=1_000)] = 100
    staff_items_max: Annotated[int, described("items told to staff with one tick", ge=1, le=1_000)] = 50
