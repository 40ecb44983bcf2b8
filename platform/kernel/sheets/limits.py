"""How large a file may be before it is refused."""

from dataclasses import dataclass
from typing import Final

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may hold. Sizes in bytes."""

    file_bytes: int = 128 * _MIB
    # A workbook is a zip: a few kilobytes can expand to gigabytes.
    expanded_bytes: int = 1024 * _MIB
    # Above this share an honest sheet never packs (a column of one repeated value packs 1:120).
    expansion: int = 400
    parts: int = 500
    rows: int = 1_048_576
    columns: int = 64
    cell_characters: int = 2_000


DEFAULT_LIMITS: Final = Limits()
