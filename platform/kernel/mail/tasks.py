"""Celery's way to the outbox."""

from kernel.mail import services
from kernel.tasks import schema_task


@schema_task("mail.deliver_due")
def deliver_due(schema_name: str) -> None:
    """Deliver what is due in the schema, public or a chain's."""
    services.deliver_due(schema_name)
