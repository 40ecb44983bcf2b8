"""docs/applications.md draws the life of an application as the code has it."""

import re
from pathlib import Path

from membership.applications.domain import LIFE

PAGE = Path(__file__).parents[3] / "docs" / "applications.md"


def test_the_drawing_is_the_table() -> None:
    drawn = set(re.findall(r"^ +(\w+) --> (\w+): (\w+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert drawn == {
        (start.value, transition.to.value, act.value) for act, transition in LIFE.items() for start in transition.start
    }
