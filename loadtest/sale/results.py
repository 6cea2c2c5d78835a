"""What a sale is asked for and what came out of it: the structs of the JSON report, and the table. Pure: no I/O."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from loadtest.sale.taps import Tapped

HELD = "held"


class Plan(Struct, frozen=True, kw_only=True):
    """What to play. `twice`, `again`: shares of the buyers, see taps.py; `viewers` look on, and hear `chats_per_s`."""

    room: str = "sale"
    workers: int = 1
    buyers: int = 1_000
    units: int = 100
    qty: int = 1
    per_person_max: int = 1
    within_s: float = 1.0
    twice: float = 0.1
    again: float = 0.1
    seconds_max: float = 30.0
    viewers: int = 0
    chats_per_s: float = 0.0
    quiet_s: float = 6.0
    rounds: int = 1
    processes: int = 2
    seed: int = 1

    @property
    def sellable(self) -> int:
        """Units that are held when nobody is refused who need not be: buyers ask for `qty` each, or nothing."""
        return min(self.units // self.qty, self.buyers) * self.qty


class Figures(Struct, frozen=True, kw_only=True):
    """One sale in numbers; MEANINGS says what each is. None: not measured."""

    answered: int
    held: int
    refused: int
    taps: int
    retried: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    all_answered_s: float
    sold_out_s: float
    chat_p99_before_ms: float | None
    chat_p99_ms: float | None
    server_cpu_s: float
    crowd_cpu_s: float


MEANINGS = {
    "answered": "buyers with an answer that is final",
    "held": "units of holds that buyers were told of",
    "refused": "buyers who were refused",
    "taps": "`reserve` events sent, doubled and repeated ones included",
    "retried": "answers that asked to come again",
    "p50_ms": "first tap to final answer, median, ms",
    "p99_ms": "first tap to final answer, 99th percentile, ms",
    "max_ms": "first tap to final answer, the latest of all, ms",
    "all_answered_s": "from the opening until the last buyer had an answer, s",
    "sold_out_s": "from the opening until the last hold was told, s",
    "chat_p99_before_ms": "line of chat at viewers who do not buy, before the sale, 99th percentile, ms",
    "chat_p99_ms": "the same while the sale sells",
    "server_cpu_s": "processor seconds of the server's Python processes during the sale",
    "crowd_cpu_s": "processor seconds of the buyers, on the same machine",
}


class Round(Struct, frozen=True, kw_only=True):
    """One sale: `refusals` by reason, and the invariants with what broke them."""

    figures: Figures
    refusals: dict[str, int]
    invariants: dict[str, bool]
    broken: dict[str, list[str]]


class Report(Struct, frozen=True, kw_only=True):
    """All that one command played, and on what. `made`: ISO 8601, UTC."""

    made: str
    machine: str
    commit: str
    plan: Plan
    rounds: list[Round]

    @property
    def sound(self) -> bool:
        """No invariant was broken, in any round."""
        return all(all(one.invariants.values()) for one in self.rounds)


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of `values` that `percent` of them do not exceed; 0.0 of none."""
    if not values:
        return 0.0
    return sorted(values)[max(math.ceil(len(values) * percent / 100), 1) - 1]


def refusals(buyers: Sequence[Tapped]) -> dict[str, int]:
    """How many buyers ended with each reason, most of them first."""
    reasons = Counter(buyer.answer.reason for buyer in buyers if buyer.answer is not None and not buyer.answer.hold)
    return dict(reasons.most_common())


def figures_of(
    buyers: Sequence[Tapped],
    *,
    chat_ms: tuple[float | None, float | None] = (None, None),
    server_cpu_s: float = 0.0,
    crowd_cpu_s: float = 0.0,
) -> Figures:
    """The numbers of one sale. `chat_ms`: the 99th percentile before and during it."""
    answers = [(buyer, buyer.answer) for buyer in buyers if buyer.answer is not None]
    waits_ms = [answer.at_ms - buyer.at_ms for buyer, answer in answers]
    holds = {answer.hold: answer for _, answer in answers if answer.hold}
    return Figures(
        answered=len(answers),
        held=sum(answer.units for answer in holds.values()),
        refused=sum(not answer.hold for _, answer in answers),
        taps=sum(buyer.taps for buyer in buyers),
        retried=sum(not told.is_final for buyer in buyers for told in buyer.told),
        p50_ms=round(percentile(waits_ms, 50), 1),
        p99_ms=round(percentile(waits_ms, 99), 1),
        max_ms=round(max(waits_ms, default=0.0), 1),
        all_answered_s=round(max((answer.at_ms for _, answer in answers), default=0.0) / 1000, 3),
        sold_out_s=round(max((answer.at_ms for answer in holds.values()), default=0.0) / 1000, 3),
        chat_p99_before_ms=chat_ms[0],
        chat_p99_ms=chat_ms[1],
        server_cpu_s=round(server_cpu_s, 2),
        crowd_cpu_s=round(crowd_cpu_s, 2),
    )


def table(report: Report) -> str:
    """For the terminal: the median of each figure over the rounds, refusals, and what was broken."""
    plan, lines = report.plan, []
    lines.append(f"{plan.buyers:,} buyers within {plan.within_s:g} s, {plan.units:,} units; {report.machine}")
    for name, meaning in MEANINGS.items():
        values = [value for one in report.rounds if (value := getattr(one.figures, name)) is not None]
        if values:
            median = statistics.median(values)
            spread = f"({min(values):,g} - {max(values):,g})" if len(values) > 1 else ""
            lines.append(f"{name:<20} {median:>12,.{0 if median >= 1000 else 2}f} {spread:<22} {meaning}".rstrip())
    ratios = [
        one.figures.chat_p99_ms / one.figures.chat_p99_before_ms
        for one in report.rounds
        if one.figures.chat_p99_ms is not None and one.figures.chat_p99_before_ms
    ]
    if ratios:
        lines.append(f"{'chat_ratio':<20} {statistics.median(ratios):>12,.2f} {'':<22} during to before")
    for number, one in enumerate(report.rounds, 1):
        lines += [f"round {number}: refused {reason}: {times:,}" for reason, times in one.refusals.items()]
        lines += [
            f"round {number}: BROKEN {name}: {complaint}"
            for name, complaints in one.broken.items()
            for complaint in complaints
        ]
    return "\n".join(lines) + "\n"
