"""What the sweeper looks for."""

from typing import Final

DUE: Final = "SELECT FROM {schema}.files_storedfile WHERE deleted_at IS NULL AND expires_at <= %(now)s"
"""Whether a chain has files whose time is over."""
