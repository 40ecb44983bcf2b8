"""The acts of subscriptions. In the public schema; each needs an open transaction, but for those that do ``all``."""

from billing.subscriptions.services.announcing import announce_floor
from billing.subscriptions.services.beginning import begin, begin_missing
from billing.subscriptions.services.calls import charge_all_calls
from billing.subscriptions.services.changing import bring_current, change_terms
from billing.subscriptions.services.ending import end_departed
from billing.subscriptions.services.renewing import renew_all, renew_due
from billing.subscriptions.services.stores import count_stores, raise_to_floor

__all__ = [
    "announce_floor",
    "begin",
    "begin_missing",
    "bring_current",
    "change_terms",
    "charge_all_calls",
    "count_stores",
    "end_departed",
    "raise_to_floor",
    "renew_all",
    "renew_due",
]
