"""What owners, the platform's staff and the payment service can do.

Acts that ask the service open short transactions of their own around the asking, so they must be called in none.
"""

from billing.payments.services.automatic import charge_due, set_auto_top_up
from billing.payments.services.cards import remove_card, start_card_setup
from billing.payments.services.inbox import ignore_event, process_due, receive, reconcile, resend_event
from billing.payments.services.looking import look_at, look_at_due
from billing.payments.services.refunds import start_refund
from billing.payments.services.top_ups import start_top_up

__all__ = [
    "charge_due",
    "ignore_event",
    "look_at",
    "look_at_due",
    "process_due",
    "receive",
    "reconcile",
    "remove_card",
    "resend_event",
    "set_auto_top_up",
    "start_card_setup",
    "start_refund",
    "start_top_up",
]
