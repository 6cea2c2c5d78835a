"""Settings of media."""

from typing import Annotated, ClassVar, Literal

from livehub.base.config import Config, described


class MediaConfig(Config, frozen=True, kw_only=True):
    """What media read, on top of what everybody does."""

    in_order: ClassVar = (
        ("camera_bitrate_min_bps", "camera_bitrate_max_bps"),
        ("camera_pli_ms", "camera_keyframe_ms"),
        ("camera_nack_ms", "camera_frame_wait_ms"),
        ("camera_keyframe_answer_ms", "camera_lost_ms"),
        ("camera_pull_retry_min_s", "camera_pull_retry_max_s"),
        ("media_part_ms", "media_segment_ms"),
        ("media_segment_ms", "media_segment_ms_max"),
    )

    # --- the way in and out by WebRTC ---
    media_udp_port: Annotated[int, described("UDP port of all WebRTC media; 0: any free one", ge=0, le=65_535)] = 0
    media_host: Annotated[
        str, described("address that port is opened at, apart from LIVEHUB_HOST; `::`: all, those of IPv4 as well")
    ] = "::"
    media_addresses: Annotated[
        str, described("addresses at which peers reach that port, comma separated; empty: those of this machine")
    ] = ""
    media_ice_servers: Annotated[
        str,
        described("STUN and TURN servers told to peers, comma separated: `turn:host:port?transport=udp user password`"),
    ] = ""
    media_turn_secret: Annotated[
        str,
        described("shared with the TURN servers that are named without user and password; never told, never logged"),
    ] = ""
    media_turn_ttl_s: Annotated[float, described("how long credentials made with it are good", ge=60, le=604_800)] = (
        43_200.0
    )
    media_sdp_bytes_max: Annotated[int, described("largest SDP", ge=1_024, le=10_000_000)] = 65_536
    media_peers_max: Annotated[int, described("WebRTC sessions of one process", ge=1, le=100_000)] = 1_000
    media_handshake_s: Annotated[float, described("time for ICE and DTLS to connect", gt=0, le=300)] = 15.0
    media_silence_s: Annotated[
        float, described("a session ends when nothing came from its peer for this time", gt=0, le=7_200)
    ] = 30.0
    media_receive_buffer_bytes: Annotated[int, described("kernel's buffer for arriving media", ge=65_536)] = 4_194_304
    media_sessions_per_s_max: Annotated[
        float, described("WebRTC sessions begun a second by one address", gt=0, le=1_000_000)
    ] = 2.0
    media_sessions_burst_max: Annotated[int, described("WebRTC sessions begun at once by one address", ge=1)] = 30
    cameras_per_room_max: Annotated[int, described("cameras of a room", ge=1, le=1_000)] = 16
    cameras_max: Annotated[int, described("cameras that send to one process at a time", ge=1, le=1_000)] = 64
    camera_bitrate_max_bps: Annotated[
        int, described("bit rate that publishers are allowed (REMB)", ge=50_000, le=100_000_000)
    ] = 2_500_000
    camera_bitrate_min_bps: Annotated[
        int, described("bit rate that publishers are asked for on the worst of links", ge=10_000, le=100_000_000)
    ] = 250_000
    camera_keyframe_ms: Annotated[int, described("pause after which a keyframe is asked for", ge=200, le=60_000)] = (
        1_900
    )
    camera_pli_ms: Annotated[int, described("least pause between two such requests", ge=50, le=10_000)] = 300
    camera_frame_wait_ms: Annotated[
        int, described("how long a lost packet is waited for before a keyframe is asked for", ge=20, le=5_000)
    ] = 200
    camera_nack_ms: Annotated[int, described("pause before a lost packet is asked for again", ge=5, le=1_000)] = 20
    camera_keyframe_answer_ms: Annotated[
        int,
        described(
            "how long pictures are withheld after a loss, until the keyframe that was asked for; then they go on damaged",
            ge=0,
            le=10_000,
        ),
    ] = 500
    camera_keyframe_s_max: Annotated[
        float, described("staff are told of a camera that sends pictures and no keyframe for this time", gt=0, le=600)
    ] = 20.0
    camera_transport_cc_ms: Annotated[
        int, described("pause between two reports to a publisher of when its packets arrived", ge=20, le=250)
    ] = 60
    camera_packets_max: Annotated[int, described("packets that wait for a lost one", ge=64, le=100_000)] = 2_048
    camera_lost_ms: Annotated[int, described("a camera without a frame for this time is lost", ge=200, le=60_000)] = (
        1_000
    )
    camera_makes_way_s: Annotated[
        float, described("a publisher that was silent for this time makes way for another", gt=0, le=600)
    ] = 2.0
    program_back_ms: Annotated[
        int, described("how long a camera that was lost has to send before it is shown again", ge=0, le=60_000)
    ] = 500
    program_cut_s: Annotated[float, described("least time that a cut waits for a keyframe", gt=0, le=60)] = 3.0
    program_cut_s_max: Annotated[
        float,
        described(
            "most time: a cut waits for 1.5 keyframe intervals of its camera, which may send none on request",
            gt=0,
            le=120,
        ),
    ] = 20.0
    program_fallback: Annotated[
        Literal["slate", "camera"],
        described("shown for a camera that is lost: the slate, or another camera that sends"),
    ] = "slate"
    program_slate_s_max: Annotated[
        float, described("a program ends when no camera has sent for this time", ge=5, le=86_400)
    ] = 900.0
    program_resume_s: Annotated[
        float,
        described("how long a program's cameras have to come back after the media process began anew", gt=0, le=600),
    ] = 20.0
    whep_viewers_max: Annotated[int, described("viewers by WebRTC of one process", ge=0, le=10_000)] = 60
    whep_unconnected_max: Annotated[
        int, described("sessions of viewers that one address may begin before they are connected", ge=1, le=10_000)
    ] = 10
    whep_history_packets: Annotated[int, described("packets kept to be sent again", ge=64, le=65_536)] = 1_024
    whep_join_bytes_max: Annotated[
        int, described("most bytes of the running group of pictures that a new viewer is sent", ge=0)
    ] = 4_194_304
    whep_join_pace_rate: Annotated[
        float, described("how fast that is sent, in times the stream's own rate", ge=1.5, le=50)
    ] = 3.0
    whep_join_bps_min: Annotated[
        int, described("how fast that is sent at least, however low the stream's rate", ge=100_000, le=1_000_000_000)
    ] = 2_000_000

    # --- low-latency HLS ---
    media_part_ms: Annotated[
        int,
        described(
            "length of a part, about; PART-TARGET is 1.15 times it, or what the frame rate asks for", ge=100, le=1_000
        ),
    ] = 200
    media_segment_ms: Annotated[int, described("a keyframe after this time begins a segment", ge=500, le=10_000)] = (
        2_000
    )
    media_segment_ms_max: Annotated[
        int,
        described(
            "a segment ends after this time, or a tenth later, even without a keyframe; EXT-X-TARGETDURATION",
            ge=1_000,
            le=20_000,
        ),
    ] = 4_000
    media_memory_s: Annotated[
        float, described("how long the bytes of the live stream stay in memory", ge=30, le=600)
    ] = 48.0
    media_dvr_s: Annotated[
        float, described("how far back a live viewer may go, where the stream is recorded", ge=30, le=86_400)
    ] = 1_800.0
    media_waiting_max: Annotated[int, described("requests of one process that wait for a part", ge=1, le=1_000_000)] = (
        20_000
    )

    # --- renditions that cost a transcoding ---
    media_aac: Annotated[
        bool, described("sound in AAC besides Opus, which iPhones and players of files need (1.5% of a core per room)")
    ] = True
    media_lower: Annotated[
        bool,
        described("a second, smaller picture for poor links (from 16% of a core per room, in a process of its own)"),
    ] = False
    media_lower_side_px: Annotated[int, described("its smaller side", ge=120, le=2_160)] = 360
    media_lower_bitrate_bps: Annotated[int, described("its bit rate", ge=50_000, le=10_000_000)] = 600_000
    media_lower_backlog_bytes: Annotated[
        int, described("bytes that wait for that process before frames are left out", ge=65_536)
    ] = 2_097_152

    # --- recordings and clips ---
    media_dir: Annotated[str, described("folder of recordings and clips; empty: nothing is recorded")] = ""
    media_disk_free_bytes_min: Annotated[
        int, described("recording stops while less than this is free on the disk", ge=0)
    ] = 1_000_000_000
    media_record_queue_bytes: Annotated[
        int, described("bytes of a recording that wait for the disk before some are left out", ge=1_048_576)
    ] = 67_108_864
    media_record_retry_s: Annotated[
        float, described("pause before recording is tried again after the disk refused", gt=0, le=1_800)
    ] = 5.0
    media_resume_s_max: Annotated[
        float, described("a stream that was cut off by a crash goes on if it does so within this time", ge=0, le=86_400)
    ] = 300.0
    media_clip_s_max: Annotated[float, described("longest clip", gt=0, le=7_200)] = 600.0
    media_clip_encoded_s_max: Annotated[
        float,
        described("most of a clip that is encoded to fit the camera that is shown longest", ge=0, le=7_200),
    ] = 60.0
    media_clips_at_once_max: Annotated[int, described("clips that are cut at a time by one process", ge=1, le=100)] = 2
    media_clips_making_max: Annotated[
        int, described("clips that wait to be encoded, since they go across cameras", ge=1, le=10_000)
    ] = 50
    highlights_max: Annotated[int, described("highlights proposed of one recording", ge=1, le=100)] = 12
    recordings_kept_s: Annotated[int, described("how long recordings are kept", ge=7_200, le=3_153_600_000)] = 7_776_000
    clips_kept_s: Annotated[int, described("how long clips are kept", ge=7_200, le=3_153_600_000)] = 31_536_000
    media_s3_url: Annotated[str, described("S3-compatible storage, e.g. https://s3.example; empty: the disk alone")] = (
        ""
    )
    media_s3_bucket: Annotated[str, described("its bucket")] = "livehub"
    media_s3_region: Annotated[str, described("its region")] = "us-east-1"
    media_s3_key: Annotated[str, described("id of the key to it")] = ""
    media_s3_secret: Annotated[str, described("the key itself; never logged")] = ""
    media_s3_uploads_max: Annotated[int, described("uploads at a time", ge=1, le=100)] = 4
    media_s3_retry_s: Annotated[float, described("pause after an upload that failed", gt=0, le=1_800)] = 5.0

    # --- cameras that are pulled ---
    media_files: Annotated[str, described("folder of files that can be cameras; empty: none")] = ""
    camera_rtsp_transport: Annotated[Literal["tcp", "udp"], described("how IP cameras send their packets")] = "tcp"
    camera_pull_open_s: Annotated[float, described("time for an IP camera to begin", gt=0, le=120)] = 10.0
    camera_pull_silence_s: Annotated[
        float, described("an IP camera that sends nothing for this time is called anew", gt=0, le=120)
    ] = 3.0
    camera_pull_retry_min_s: Annotated[float, described("pause before an IP camera is called again", gt=0, le=60)] = 0.5
    camera_pull_retry_max_s: Annotated[
        float, described("longest such pause; it doubles while nobody answers", gt=0, le=1_800)
    ] = 10.0
    camera_pull_refused_s: Annotated[
        float,
        described(
            "longest pause before a camera is tried again whose picture can't be taken; it may be set otherwise by then",
            gt=0,
            le=86_400,
        ),
    ] = 60.0
    camera_pull_linger_s: Annotated[
        float,
        described("how long a camera is pulled after the show is over and staff looked at it last", ge=0, le=86_400),
    ] = 60.0
    camera_pull_frames_max: Annotated[
        int, described("frames of a pulled camera that wait for the event loop", ge=16, le=100_000)
    ] = 512
