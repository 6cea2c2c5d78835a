"""Settings of uploads."""

from typing import Annotated, ClassVar

from livehub.base.config import Config, described


class UploadsConfig(Config, frozen=True, kw_only=True):
    """What uploads read."""

    in_order: ClassVar[tuple[tuple[str, str], ...]] = (
        ("uploads_small_px", "uploads_large_px"),
        ("uploads_bytes_max", "uploads_bytes_per_person_day_max"),
        ("uploads_bytes_per_person_day_max", "uploads_bytes_per_network_day_max"),
        ("uploads_at_once_per_person_max", "uploads_at_once_per_network_max"),
        ("uploads_at_once_per_network_max", "uploads_at_once_max"),
    )

    uploads_dir: Annotated[
        str,
        described(
            "folder of uploaded pictures, one for all processes; empty, and without S3: none are taken", form="a folder"
        ),
    ] = ""
    uploads_s3_url: Annotated[
        str, described("S3-compatible storage for uploads instead of the folder, e.g. https://s3.example")
    ] = ""
    uploads_s3_bucket: Annotated[str, described("its bucket")] = "livehub-uploads"
    uploads_s3_region: Annotated[str, described("its region")] = "us-east-1"
    uploads_s3_key: Annotated[str, described("id of the key to it")] = ""
    uploads_s3_secret: Annotated[str, described("the key itself; never logged")] = ""
    uploads_bytes_max: Annotated[int, described("largest file of a picture", ge=1_024, le=200_000_000)] = 15_000_000
    uploads_pixels_max: Annotated[
        int,
        described("most pixels of a picture; to decode one takes up to 12 bytes for each", ge=10_000, le=200_000_000),
    ] = 50_000_000
    uploads_large_px: Annotated[int, described("long edge of the large size that is kept", ge=100, le=8_000)] = 1_600
    uploads_small_px: Annotated[int, described("long edge of the small size", ge=16, le=8_000)] = 480
    uploads_receive_s: Annotated[float, described("time for a client to send a picture", gt=0, le=600)] = 60.0
    uploads_begin_s: Annotated[
        float, described("time for its first bytes, and how far a client may fall behind the next", gt=0, le=600)
    ] = 10.0
    uploads_bytes_per_s_min: Annotated[
        int, described("slowest that a picture may arrive, on average", ge=1, le=10_000_000)
    ] = 4_000
    uploads_at_once_max: Annotated[int, described("uploads under way in one process", ge=1, le=1_000)] = 32
    uploads_at_once_per_network_max: Annotated[
        int, described("of these, from one address; so a few that are slow leave places for others", ge=1, le=1_000)
    ] = 8
    uploads_at_once_per_person_max: Annotated[
        int, described("of these, of one person; more wait to be sent again", ge=1, le=1_000)
    ] = 4
    uploads_decoders_max: Annotated[
        int, described("pictures decoded at a time by one process, each in a process of its own", ge=1, le=64)
    ] = 2
    uploads_decode_s_max: Annotated[
        float,
        described("longest time of the processor to decode a picture; by the clock four times that", gt=0, le=600),
    ] = 15.0
    uploads_per_person_day_max: Annotated[int, described("uploads of one person in a day (UTC)", ge=1)] = 300
    uploads_per_network_day_max: Annotated[int, described("uploads from one address in a day", ge=1)] = 3_000
    uploads_bytes_per_person_day_max: Annotated[int, described("bytes sent by one person in a day", ge=1_024)] = (
        1_000_000_000
    )
    uploads_bytes_per_network_day_max: Annotated[int, described("bytes sent from one address in a day", ge=1_024)] = (
        10_000_000_000
    )
    uploads_unused_kept_s: Annotated[
        int, described("how long an upload that is used nowhere is kept", ge=7_200, le=31_536_000)
    ] = 86_400
