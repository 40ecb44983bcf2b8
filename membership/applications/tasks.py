"""Celery's way to applications."""

from kernel.tasks import chain_task, schema_task
from membership.applications.queries import ANSWER_CODES, CLEAN_UP
from membership.applications.services import codes, forgetting
from tenants.people.domain import SYSTEM


@schema_task(ANSWER_CODES)
def answer_codes(schema_name: str) -> None:
    """Send the codes that applicants asked for."""
    codes.answer_asks(schema_name)


@chain_task(CLEAN_UP)
def clean_up() -> None:
    """Delete what nobody verified, and forget whom ended applications were of."""
    forgetting.clean_up(actor=SYSTEM)
