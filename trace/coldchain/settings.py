"""Settings of the cold chain."""

from typing import Annotated, ClassVar

from livehub.base.config import Config, described


class ColdChainConfig(Config, frozen=True, kw_only=True):
    """What the cold chain reads, on top of what everybody does."""

    sensor_devices_max: Annotated[int, described("sensors, of all shipments", ge=1, le=100_000)] = 5_000
    sensor_readings_max: Annotated[int, described("readings in one request or message", ge=1, le=5_000)] = 1_000
    sensor_body_bytes_max: Annotated[int, described("largest body with readings", ge=1_024, le=10_000_000)] = 1_048_576
    sensor_future_s_max: Annotated[
        int,
        described("so far ahead of our clock a reading may say it is; further ahead it is refused", ge=1, le=86_400),
    ] = 900
    sensor_past_s_max: Annotated[int, described("older readings are refused", ge=7_200, le=31_536_000)] = 604_800
    sensor_late_s: Annotated[
        int,
        described(
            "what a reading shows that came later than that after it was measured is told as late", ge=1, le=86_400
        ),
    ] = 60
    sensor_kept_s: Annotated[
        int, described("how long readings are kept; what they broke is kept for ever", ge=86_400, le=3_153_600_000)
    ] = 63_072_000
    sensor_bad_signatures_per_s_max: Annotated[
        float, described("bodies with a wrong signature from one address, before all from there wait", gt=0, le=1_000)
    ] = 1.0
    sensor_bad_signatures_burst_max: Annotated[int, described("the same, at once", ge=1, le=10_000)] = 30
    sensor_keys_cached_max: Annotated[int, described("keys of devices in memory", ge=10, le=1_000_000)] = 10_000
    sensor_keys_cached_s: Annotated[
        float, described("after so long a device that was switched off is refused by every process", gt=0, le=900)
    ] = 30.0
    sensor_pending_max: Annotated[
        int,
        described(
            "bodies with readings that wait for their commit in one process; more are asked to come again",
            ge=8,
            le=10_000,
        ),
    ] = 512
    cold_chain_tick_s: Annotated[
        float, described("how often sensors that fell silent are looked for", gt=0, le=600)
    ] = 5.0
    judged_readings_max: Annotated[
        int,
        described(
            "readings of a sensor in a shipment that are judged anew after a backlog or a correction; of more the newest",
            ge=1_000,
            le=5_000_000,
        ),
    ] = 500_000
    shipment_past_s_max: Annotated[
        int, described("a shipment may be entered so long after it began", ge=7_200, le=31_536_000)
    ] = 2_678_400
    curve_points_max: Annotated[int, described("points of a curve in one answer", ge=50, le=20_000)] = 1_000
    curve_readings_max: Annotated[
        int,
        described(
            "readings that all curves of one answer are drawn from; of more the newest count", ge=1_000, le=2_000_000
        ),
    ] = 200_000
    shipment_devices_max: Annotated[int, described("sensors in one shipment", ge=1, le=100)] = 20
    mqtt_url: Annotated[
        str,
        described(
            "broker that devices publish their readings to; empty: they send them over HTTP alone",
            form="`mqtt://[user:password@]host[:port]`, with TLS `mqtts://...`",
            pattern=r"^(mqtts?://[^\s/]+/?)?$",
        ),
    ] = ""
    mqtt_unacknowledged_max: Annotated[
        int, described("messages taken from the broker and not yet stored", ge=1, le=10_000)
    ] = 200
    mqtt_tries_max: Annotated[
        int,
        described(
            "a message that could not be stored so often, though PostgreSQL was there, is set aside", ge=1, le=100
        ),
    ] = 8
    mqtt_session_s: Annotated[
        int, described("how long the broker keeps messages for us while we are away", ge=60, le=2_592_000)
    ] = 86_400

    in_order: ClassVar = (("sensor_past_s_max", "sensor_kept_s"),)
