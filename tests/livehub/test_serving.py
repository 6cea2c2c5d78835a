"""A process promises no more sockets than it may have descriptors, and takes as many of these as it can get."""

import resource
from collections.abc import Iterator

import pytest

from livehub.base.config import Config
from livehub.serving import DESCRIPTORS_KEPT, fitting


@pytest.fixture
def descriptors() -> Iterator[tuple[int, int]]:
    """(now, at most) of this process; put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_fits_is_left_alone() -> None:
    config = Config(sockets_max=10)
    assert fitting(config) is config


def test_more_descriptors_are_taken_where_they_may_be(descriptors: tuple[int, int]) -> None:
    _, most = descriptors
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, most))
    config = Config(sockets_max=2_000)
    assert fitting(config) is config
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (2_000 + DESCRIPTORS_KEPT, most)


def test_no_more_is_promised_than_there_can_be(descriptors: tuple[int, int]) -> None:
    _, most = descriptors
    if most == resource.RLIM_INFINITY or most > 500_000:
        pytest.skip("this machine has no bound that could be met")
    assert fitting(Config(sockets_max=1_000_000)).sockets_max == most - DESCRIPTORS_KEPT
