"""Destroying cards, many at once (R-E05). Who witnesses it is a document's matter."""

from collections.abc import Sequence

from kernel import clock
from kernel.ids import uuid7
from membership.cards.domain import LIFE, CardAct, CardStatus
from membership.cards.models import Card
from membership.cards.services.stepping import forbidden
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def destroy_cards(*, actor: Actor, card_ids: Sequence[int], store_id: int | None, document: str) -> int:
    """Destroy blank cards and collected ones: number and function are gone for good. All or none; how many.

    ``document``: the number of the paper that its witnesses have signed.

    Raises:
        NotAllowed
        StatusStepForbidden: names the first card that is neither blank nor collected.
    """
    require(actor, Act.STOCK_DESTROY, store_id=store_id)
    cards = Card.objects.select_for_update(no_key=True).filter(pk__in=list(card_ids)).order_by("pk")
    held = list(cards.only("number", "status", "issued_at"))
    start = LIFE[CardAct.DESTROY].start
    wrong = next((card for card in held if card.status not in start), None)
    if wrong is not None:
        raise forbidden(CardAct.DESTROY, wrong)
    Card.objects.filter(pk__in=[card.pk for card in held]).update(status=CardStatus.DESTROYED)
    # A card that somebody has held has a story; a blank has none.
    Record.objects.bulk_create(
        Record(
            id=uuid7(),
            card=card,
            kind=RecordKind.DESTRUCTION,
            store_id=store_id,
            actor=str(actor),
            actor_name=actor.name,
            occurred_at=clock.now(),
            detail={"note": document},
        )
        for card in held
        if card.issued_at is not None
    )
    detail = {"quantity": len(held)}
    record(actor, "card.destroy", object_type="document", object_id=document, store_id=store_id, detail=detail)
    return len(held)
