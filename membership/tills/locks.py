"""The locks of this app."""

from uuid import UUID

from membership.cards.models import Card
from membership.cashier.past import record_of
from membership.records.models import Record


def lock_record(record_id: UUID) -> Record:
    """Hold a record while its printings are counted: two at once are the original and a copy, not two originals. Of
    one that was cleared its card is held.

    Raises:
        RecordNotFound
    """
    try:
        return Record.objects.select_for_update(of=("self",)).select_related("card__member", "store").get(pk=record_id)
    except Record.DoesNotExist:
        cleared = record_of(record_id)
        Card.objects.select_for_update(no_key=True).values_list("pk").get(pk=cleared.card_id)
        return cleared
