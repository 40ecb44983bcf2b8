"""docs/cards.md draws the life of a card as the code has it."""

import re
from pathlib import Path

from membership.cards.domain import LIFE, CardAct, CardStatus, destination

PAGE = Path(__file__).parents[3] / "docs" / "cards.md"


def test_the_drawing_is_the_table() -> None:
    """Section Z."""
    drawn = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    table = set()
    for act, transition in LIFE.items():
        for start in transition.start:
            # Back to where it stood: every status from which a card may be lost.
            ends = [transition.to] if transition.to else [_back(before) for before in LIFE[CardAct.REPORT_LOST].start]
            table |= {(start.value, end.value, act.value) for end in ends}
    assert drawn == table


def _back(before: CardStatus) -> CardStatus:
    there = destination(CardAct.LIFT_LOSS, status=CardStatus.LOST, before_loss=before)
    assert there is not None
    return there
