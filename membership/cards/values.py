"""The ledger accounts that a card holds."""

from typing import Final

STORED: Final = "STORED"
"""Stored value, in fen."""
POINTS: Final = "POINTS"
PACKAGE_PREFIX: Final = "PACKAGE:"
"""Counts or minutes of one product, ``PACKAGE:{product id}``."""
