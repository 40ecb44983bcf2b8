"""How much may be written, and how often. No database, no clock."""

import unicodedata
from datetime import timedelta
from typing import Final

LONGEST: Final = 500
"""Characters of one message."""
AN_HOUR: Final = 10
"""Messages that a member writes within ``HOUR`` at most."""
HOUR: Final = timedelta(hours=1)
A_DAY: Final = 30
DAY: Final = timedelta(days=1)


def tidy_text(text: str) -> str:
    """A message as it is kept: text and line breaks. No control characters, none that turn the direction of writing, no
    more than one empty line, nothing but the text: pages show it as it is, tags included.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for line in lines:
        clean = "".join(char for char in line if not unicodedata.category(char).startswith("C")).strip()
        if clean or (kept and kept[-1]):
            kept.append(clean)
    return "\n".join(kept).strip()
