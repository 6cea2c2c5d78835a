"""A process promises no more sockets than it may have descriptors, and takes as many of these as it can get."""

import resource
from collections.abc import Iterator

import pytest

from livehub.app import settings
from livehub.hub.settings import HubConfig
from livehub.node.serving import DESCRIPTORS_KEPT, limit_sockets_to_fds


@pytest.fixture
def descriptors() -> Iterator[tuple[int, int]]:
    """(now, at most) of this process; put back afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_what_fits_is_left_alone() -> None:
    given = settings(sockets_max=10)
    assert limit_sockets_to_fds(given) is given


def test_more_descriptors_are_taken_where_they_may_be(descriptors: tuple[int, int]) -> None:
    _, most = descriptors
    resource.setrlimit(resource.RLIMIT_NOFILE, (1_024, most))
    given = settings(sockets_max=2_000)
    assert limit_sockets_to_fds(given) is given
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (2_000 + DESCRIPTORS_KEPT, most)


def test_no_more_is_promised_than_there_can_be(descriptors: tuple[int, int]) -> None:
    _, most = descriptors
    if most == resource.RLIM_INFINITY or most > 500_000:
        pytest.skip("this machine has no bound that could be met")
    limited = limit_sockets_to_fds(settings(sockets_max=1_000_000))
    assert limited.of(HubConfig).sockets_max == most - DESCRIPTORS_KEPT
