"""What the sweeper looks for."""

from typing import Final

DUE: Final = "SELECT FROM {schema}.mail_outgoingmail WHERE state IN ('QUEUED', 'SENDING') AND due_at <= %(now)s"
"""Whether a schema has mail that is due: part of one query over all schemas, which fills in each name."""
