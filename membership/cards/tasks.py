"""Celery's way to the codes that were asked for."""

from kernel.tasks import schema_task
from membership.cards import pin_renewal
from membership.cards.queries import ANSWER_CODES


@schema_task(ANSWER_CODES)
def answer_pin_codes(schema_name: str) -> None:
    """Send the codes that members asked for."""
    pin_renewal.answer_asks(schema_name)
