"""Processes that heard the same things, in any order and however often, show the same figures; silent ones are dropped."""

from hypothesis import given
from hypothesis import strategies as st

from livehub.room.presence import Likes, Viewers

WORKERS = ("w1", "w2", "w3")

# What each process told of itself over time: counts that only grow.
grown = st.lists(st.integers(0, 50), max_size=6).map(sorted)


@given(st.fixed_dictionaries(dict.fromkeys(WORKERS, grown)), st.data())
def test_likes_converge_whatever_the_order_and_the_doubles(told: dict[str, list[int]], data: st.DataObject) -> None:
    said = [(worker, count) for worker, counts in told.items() for count in counts]
    totals = set()
    for _ in range(2):
        heard = data.draw(st.permutations(said + said[: len(said) // 2]))
        likes = Likes("me", {"w1": 3})
        seen = [likes.total]
        for worker, count in heard:
            likes.update(worker, count)
            seen.append(likes.total)
        assert seen == sorted(seen)  # it never shrinks
        totals.add(likes.total)
    latest = {worker: max(counts, default=0) for worker, counts in told.items()}
    assert totals == {max(3, latest["w1"]) + latest["w2"] + latest["w3"]}


def test_what_came_in_here_is_counted_once_also_when_it_comes_back_by_the_bus() -> None:
    likes = Likes("me", {"me": 10, "w1": 5})
    assert (likes.mine, likes.total) == (10, 15)
    likes.add(2)
    likes.update("me", 12)
    likes.update("me", 999)
    assert (likes.mine, likes.total) == (12, 17)


def test_the_rows_that_likes_begin_from_are_not_changed() -> None:
    stored = {"w1": 5}
    Likes("me", stored).update("w1", 9)
    assert stored == {"w1": 5}


# (worker, count): the same moment for all, so the latest word of each process counts
words = st.lists(st.tuples(st.sampled_from(WORKERS), st.integers(0, 9)), max_size=20)


@given(words, st.data())
def test_viewers_converge_as_long_as_the_last_word_of_each_process_is_the_last(
    said: list[tuple[str, int]], data: st.DataObject
) -> None:
    last = dict(said)
    for _ in range(2):
        shuffled = data.draw(st.permutations(said))
        viewers = Viewers(5.0)
        for worker, count in [*shuffled, *last.items(), *last.items()]:
            viewers.update(worker, count, 100.0)
        assert viewers.total(100.0) == sum(last.values())


def test_a_silent_process_is_believed_for_its_time_and_then_dropped() -> None:
    viewers = Viewers(5.0)
    viewers.update("w1", 10, 100.0)
    viewers.update("w2", 3, 103.0)
    assert viewers.total(105.0) == 13  # at its time exactly it still is
    assert viewers.total(105.1) == 3
    assert viewers.total(108.1) == 0
    viewers.update("w1", 7, 109.0)
    assert viewers.total(109.0) == 7
    assert viewers.peak == 7  # of what was heard lately at some moment asked about


def test_a_process_that_says_zero_is_gone_at_once() -> None:
    viewers = Viewers(5.0)
    viewers.update("w1", 10, 100.0)
    viewers.update("w1", 0, 100.0)
    viewers.update("never heard of", 0, 100.0)
    assert viewers.total(100.0) == 0


def test_viewers_who_moved_from_a_process_that_died_do_not_raise_the_peak() -> None:
    viewers = Viewers(ttl_s=5.0)
    viewers.update("w1", 10, 100.0)
    viewers.update("w2", 20, 100.0)
    assert viewers.total(100.0) == 30
    viewers.update("w2", 30, 103.0)  # those of w1, who is silent, have come here
    assert (viewers.total(103.0), viewers.peak) == (40, 30)
    viewers.update("w2", 30, 106.0)
    assert (viewers.total(106.0), viewers.peak) == (30, 30)


def test_no_more_viewers_count_than_there_can_be_also_in_the_peak() -> None:
    viewers = Viewers(ttl_s=5.0)
    viewers.update("w1", 2, 100.0)
    viewers.update("w2", 2, 100.0)
    assert (viewers.total(100.0, 3), viewers.peak) == (3, 3)
    assert (viewers.total(100.0, 4), viewers.peak) == (4, 4)


def test_totals_stay_figures_that_can_be_stored_and_read_everywhere() -> None:
    likes, viewers = Likes("me", {"w1": 2**63 - 1}), Viewers(15.0)
    likes.update("w2", 2**53 - 1)
    likes.add(1)
    assert likes.total == 2**53 - 1
    for number in range(300):
        viewers.update(f"w{number}", 10_000_000, 0.0)
    assert (viewers.total(1.0), viewers.peak) == (2**31 - 1, 2**31 - 1)
