"""Bar charts small enough to be drawn here, as SVG without script or style attributes: two series by day, or one over
time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PLOT_WIDTH = 560
PLOT_HEIGHT = 120
_BAR_GAP = 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in plot units, from the base line up."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DayBars:
    """A day's two bars and where its label stands."""

    label_x: float
    first: Bar
    second: Bar


def day_bars(pairs: Sequence[tuple[int, int]]) -> list[DayBars]:
    """Lay out pairs of amounts (fen, not negative) side by side, to the scale of the largest."""
    if not pairs:
        return []
    slot = PLOT_WIDTH / len(pairs)
    width = min(14.0, (slot - 3 * _BAR_GAP) / 2)
    largest = max(max(pair) for pair in pairs) or 1
    return [
        DayBars(
            label_x=round(slot * (place + 0.5), 1),
            first=_bar(slot * (place + 0.5) - width - _BAR_GAP / 2, width, first, largest),
            second=_bar(slot * (place + 0.5) + _BAR_GAP / 2, width, second, largest),
        )
        for place, (first, second) in enumerate(pairs)
    ]


@dataclass(frozen=True, slots=True)
class TimeBar:
    """One bar of a single series: it, the whole slot it stands in, and where its label stands."""

    label_x: float
    slot: Bar
    bar: Bar


def time_bars(amounts: Sequence[int]) -> list[TimeBar]:
    """Lay out amounts (not negative) side by side, to the scale of the largest."""
    if not amounts:
        return []
    slot = PLOT_WIDTH / len(amounts)
    width = min(20.0, slot - _BAR_GAP)
    largest = max(amounts) or 1
    return [
        TimeBar(
            label_x=round(slot * (place + 0.5), 1),
            slot=Bar(x=round(slot * place, 1), y=0, width=round(slot, 1), height=PLOT_HEIGHT),
            bar=_bar(slot * (place + 0.5) - width / 2, width, amount, largest),
        )
        for place, amount in enumerate(amounts)
    ]


def _bar(x: float, width: float, amount: int, largest: int) -> Bar:
    height = round(PLOT_HEIGHT * max(amount, 0) / largest, 1)
    return Bar(x=round(x, 1), y=round(PLOT_HEIGHT - height, 1), width=round(width, 1), height=height)
