"""Figures are those of the last second; a bad link is asked for less, a good one for more, within the bounds."""

from media.ingest.health import Meter, wanted_bitrate


def test_figures_of_a_second() -> None:
    meter = Meter()
    meter.second(10.0, received=0, missed=0)
    for n in range(30):
        for _ in range(10):
            meter.packet(1_000, n * 3_000, 10.0 + n / 30)
        meter.frames += 1
    figures = meter.second(11.0, received=300, missed=3)
    assert (figures.bitrate_bps, figures.fps, figures.loss) == (2_400_000, 30.0, round(3 / 303, 4))
    assert figures.jitter_ms < 0.1
    assert meter.second(12.0, received=300, missed=3).bitrate_bps == 0


def test_jitter_is_that_of_rfc_3550_and_a_jump_of_the_clock_is_none() -> None:
    meter = Meter()
    for n in range(2_000):
        meter.packet(100, n * 3_000, n / 30 + (0.010 if n % 2 else 0.0))
    meter.second(0.0, received=0, missed=0)
    assert 9.0 < meter.second(1.0, received=0, missed=0).jitter_ms < 11.0
    meter.packet(100, 2**31, 67.0)
    assert 9.0 < meter.second(2.0, received=0, missed=0).jitter_ms < 11.0


def test_what_is_asked_for_falls_with_loss_and_rises_without() -> None:
    bounds = {"least_bps": 250_000, "most_bps": 2_500_000}
    assert wanted_bitrate(2_500_000, 0.0, **bounds) == 2_500_000
    assert wanted_bitrate(2_000_000, 0.2, **bounds) == 1_800_000
    assert wanted_bitrate(2_000_000, 0.05, **bounds) == 2_000_000
    assert wanted_bitrate(1_000_000, 0.01, **bounds) == 1_080_000
    assert wanted_bitrate(260_000, 0.5, **bounds) == 250_000
