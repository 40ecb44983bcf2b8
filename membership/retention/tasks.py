"""Celery's way to retention."""

from kernel import clock
from kernel.db import in_chain
from kernel.tasks import public_task, schema_task
from membership.retention import queries, retrieving, services, sweeping


@public_task(sweeping.ROUND, own_transactions=True)
def go_round() -> None:
    """Clear the records of every chain that is due."""
    sweeping.go_round()


@schema_task(services.TASK)
def retrieve(schema_name: str, retrieval_id: int) -> None:
    """Deliver a card's old records."""
    retrieving.advance(schema_name, retrieval_id)


@schema_task("retention.retrieve_due")
def retrieve_due(schema_name: str) -> None:
    """Take up the requests of a chain that a worker left."""
    with in_chain(schema_name):
        found = queries.silent_retrievals(clock.now())
    for retrieval_id in found:
        retrieving.advance(schema_name, retrieval_id)
