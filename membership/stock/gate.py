"""The gate before each issue: a card under stock control must lie where the store may issue it from (R-F07)."""

from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from kernel import clock
from membership.cards.models import Card
from membership.stock.domain import KEPT, PlaceState
from membership.stock.errors import CardNotReleased
from membership.stock.models import CardPlace


def take_from_stock(card: Card, store_id: int) -> None:
    """Take a card out of the store's stock as it is issued.

    One conditional update: a count, a drawing or a recall that moves the card at the same time comes wholly before it
    or finds it issued.

    Raises:
        CardNotReleased
    """
    here = Q(store_id=store_id) | Q(store__isnull=True)
    taken = CardPlace.objects.filter(here, card_id=card.pk, state__in=KEPT, released_at__lte=clock.now()).update(
        state=PlaceState.ISSUED, store_id=Coalesce("store_id", Value(store_id))
    )
    if taken:
        return
    place = CardPlace.objects.select_related("store").filter(card_id=card.pk).first()
    if place is not None:
        where = place.get_state_display()
        raise CardNotReleased(
            card_number=card.number, place_label=f"{where} {place.store.name}" if place.store else where
        )
