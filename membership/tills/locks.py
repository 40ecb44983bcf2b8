"""The locks of this app."""

from uuid import UUID

from membership.cashier.errors import RecordNotFound
from membership.records.models import Record


def lock_record(record_id: UUID) -> Record:
    """Hold a record while its printings are counted: two at once are the original and a copy, not two originals.

    Raises:
        RecordNotFound
    """
    try:
        return Record.objects.select_for_update(of=("self",)).select_related("card__member", "store").get(pk=record_id)
    except Record.DoesNotExist:
        raise RecordNotFound from None
