"""The slate is of the size asked for, goes round without a fault, and can be begun at each of its key frames."""

import pytest

from media.codecs.h264 import IDR, PPS, SPS
from media.program.slate import SIDE_MAX, SIDE_MIN, Slate
from tests.media.clips import decoded


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (322, 242)])
def test_it_is_of_the_size_asked_for_and_decodes_over_and_over(size: tuple[int, int]):
    slate = Slate(*size)
    frames = [slate.frame_at(index) for index in range(65)]
    assert [index for index, (key, _) in enumerate(frames) if key] == list(range(0, 65, 10))
    for key, units in frames:
        kinds = [unit[0] & 0x1F for unit in units]
        assert not key or (kinds[:2] == [SPS, PPS] and kinds[-1] == IDR)
    pictures = decoded([units for _, units in frames])
    assert len(pictures) == 65
    assert {(picture.width, picture.height) for picture in pictures} == {size}
    assert (pictures[0].to_ndarray() != pictures[8].to_ndarray()).any()


def test_it_can_be_begun_at_any_key_frame():
    slate = Slate(320, 240)
    assert len(decoded([slate.frame_at(index)[1] for index in range(20, 45)])) == 25


def test_it_costs_next_to_nothing_to_send():
    slate = Slate(720, 1280)
    assert sum(len(unit) for index in range(30) for unit in slate.frame_at(index)[1]) < 3 * 30_000


@pytest.mark.parametrize(
    ("asked", "given"), [((0, 0), (SIDE_MIN, SIDE_MIN)), ((321, 241), (320, 240)), ((99_999, 64), (SIDE_MAX, 64))]
)
def test_any_size_is_brought_to_one_that_can_be_made(asked: tuple[int, int], given: tuple[int, int]):
    slate = Slate(*asked)
    assert (slate.width, slate.height) == given
    picture = decoded([slate.frame_at(0)[1]])[0]
    assert (picture.width, picture.height) == given
