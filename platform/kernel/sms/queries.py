"""What the sweeper looks for."""

from typing import Final

DUE: Final = "SELECT FROM {schema}.sms_outgoingtext WHERE state IN ('QUEUED', 'SENDING') AND due_at <= %(now)s"
"""Whether a chain has text messages that are due."""
