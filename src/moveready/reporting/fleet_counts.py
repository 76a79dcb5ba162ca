"""The counts on `fleet.html`: by verdict, by control, what changed since the last run, and the trend. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from moveready.findings.outcomes import Result
from moveready.reporting.fleet_servers import Mark, mark_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from moveready.findings.changes import Change, Changes, TrendPoint
    from moveready.findings.outcomes import Outcome
    from moveready.findings.standing import ServerStanding

DRAWING_WIDTH, DRAWING_HEIGHT, WIDEST_BAR = 600, 200, 60
"""Of the trend, in the units of its drawing."""


@dataclass(frozen=True, slots=True)
class VerdictCount:
    """How many servers have this verdict of this KB; `mark` has its words."""

    kb: str
    mark: Mark
    servers: int


@dataclass(frozen=True, slots=True)
class ControlCount:
    """How one control ended on how many servers."""

    control: str
    severity: str
    passed: int
    failed: int
    waived: int
    errors: int


@dataclass(frozen=True, slots=True)
class ChangedControl:
    """The servers on which one control has changed in the same way."""

    control: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """One way of changing, and all that has changed so; `mark` has the word, such as `new findings`."""

    mark: Mark
    number: int
    controls: tuple[ChangedControl, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One run as a column of the trend, in the units of the drawing; what stands on top of what is `parts`.

    Attributes:
        left: Where the column begins.
        parts: Of ready, unknown and not ready, from the bottom: the upper edge and the height.
    """

    point: TrendPoint
    left: float
    width: float
    parts: tuple[tuple[float, float], ...]


def counts_of(standings: Iterable[ServerStanding]) -> tuple[VerdictCount, ...]:
    """Every verdict of every KB, by KB, the worst first, then the most frequent."""
    counted = Counter((one.kb, one.standing, one.verdict) for each in standings for one in each.server.verdicts)
    in_order = sorted(counted.items(), key=lambda item: (item[0][0], item[0][1].rank, -item[1]))
    return tuple(
        VerdictCount(kb, Mark(mark_of(standing).kind, verdict), number) for (kb, standing, verdict), number in in_order
    )


def controls_of(outcomes: Iterable[Outcome]) -> tuple[ControlCount, ...]:
    """Every control that was asked, by its id."""
    grouped: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        grouped.setdefault((outcome.control, outcome.title), []).append(outcome)
    counted = {key: Counter(outcome.result for outcome in those) for key, those in grouped.items()}
    return tuple(
        ControlCount(
            control=" ".join(key),
            severity=those[0].severity.value,
            passed=counted[key][Result.PASSED],
            failed=counted[key][Result.FAILED],
            waived=counted[key][Result.WAIVED],
            errors=counted[key][Result.ERROR],
        )
        for key, those in sorted(grouped.items(), key=lambda item: item[0])
    )


def changes_of(changes: Changes | None) -> tuple[ChangeKind, ...]:
    """What changed, by kind and control; empty without an earlier run."""
    if changes is None:
        return ()
    kinds = (
        (Mark("not-ready", "new findings"), changes.new),
        (Mark("ready", "fixed"), changes.fixed),
        (Mark("not-ready", "still failing"), changes.still),
        (Mark("unknown", "newly not evaluated"), changes.unknown),
        (Mark("waived", "newly waived"), changes.waived),
    )
    return tuple(ChangeKind(mark, len(those), _by_control(those)) for mark, those in kinds)


def bars_of(points: Sequence[TrendPoint]) -> list[Bar]:
    """A column for each run, all on the scale of the largest."""
    largest = max((point.ready + point.unknown + point.not_ready for point in points), default=0) or 1
    slot = min(DRAWING_WIDTH / max(len(points), 1), WIDEST_BAR)
    return [
        Bar(point, round(slot * (place + 0.1), 2), round(slot * 0.8, 2), _parts_of(point, DRAWING_HEIGHT / largest))
        for place, point in enumerate(points)
    ]


def _parts_of(point: TrendPoint, scale: float) -> tuple[tuple[float, float], ...]:
    heights = [servers * scale for servers in (point.ready, point.unknown, point.not_ready)]
    edges = [DRAWING_HEIGHT - below for below in accumulate(heights)]
    return tuple((round(edge, 2), round(height, 2)) for edge, height in zip(edges, heights, strict=True))


def _by_control(changes: Iterable[Change]) -> tuple[ChangedControl, ...]:
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(f"{change.control} {change.title}", []).append(change)
    return tuple(ChangedControl(control, tuple(those)) for control, those in sorted(grouped.items()))
