"""What a batch is charged as: so many calls through the API, beside the postings."""

from typing import Final

from billing.metering.domain import Rows

_CALLED: Final = """
    FROM {s}.syncing_memberbatch AS batch, generate_series(1, batch.calls)
    WHERE batch.id >= %(first_id)s::uuid AND batch.at >= %(since)s
"""

BATCHES: Final = Rows(
    rows=f"SELECT batch.at {_CALLED}",
    listed=f"""
        SELECT batch.at, 'MEMBER_BATCH', batch.actor {_CALLED} AND batch.at < %(until)s
        ORDER BY batch.id DESC LIMIT %(limit)s
    """,
)
