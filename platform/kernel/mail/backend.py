"""Django's e-mail backend: writes the outbox."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from kernel.mail import services


class OutboxBackend(BaseEmailBackend):
    """Puts each message in the outbox of the schema that is chosen, within the transaction that is open."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were put there: those that have a recipient."""
        return sum(services.post(message) for message in email_messages)
