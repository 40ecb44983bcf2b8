"""Celery's way to the text messages."""

from kernel.sms import services
from kernel.tasks import schema_task


@schema_task("sms.deliver_due")
def deliver_due(schema_name: str) -> None:
    """Deliver what is due in the chain."""
    services.deliver_due(schema_name)
