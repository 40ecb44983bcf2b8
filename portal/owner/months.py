"""Months as they stand in addresses: ``2026-03``."""

from datetime import date


class MonthConverter:
    """A month of an address, as its first day."""

    regex = r"20[0-9]{2}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> date:
        """Read it."""
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date) -> str:
        """Write it."""
        return f"{value:%Y-%m}"
