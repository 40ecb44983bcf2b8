"""Drawing cards from a store's keeper, in order, and giving them back (R-F05, R-F08, R-M02)."""

from kernel import clock
from membership.cards.domain import tidy_number
from membership.cards.models import Card
from membership.cards.services.making import level_of, type_of
from membership.stock import locks, moves
from membership.stock.domain import PlaceState, Run, merged, size
from membership.stock.errors import DrawOutOfOrder, DrawTooMany, NotDrawn
from membership.stock.listing import read_list
from membership.stock.models import CardPlace, CardRange, Drawing
from membership.stock.queries import numbers_of
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def draw(
    *,
    actor: Actor,
    store_id: int,
    level_code: str,
    quantity: int,
    drawn_by: str,
    first_number: str = "",
    reason: str = "",
    type_code: str = "",
) -> Drawing:
    """Register that somebody has drawn cards from the store's keeper: the lowest numbers that lie there.

    ``first_number``: begin there instead; a ``reason`` is then asked for, and kept. ``type_code``: only of this type.

    Raises:
        NotAllowed, LevelNotFound, TypeNotFound, DrawTooMany, DrawOutOfOrder
    """
    require(actor, Act.STOCK_DELIVER, store_id=store_id)
    level = level_of(level_code)
    lying = CardPlace.objects.filter(store_id=store_id, state=PlaceState.STORE, range__level=level)
    if type_code:
        lying = lying.filter(range__type=type_of(type_code))
    # Whoever draws of this level after us waits, and begins where we ended.
    locks.lock_ranges(lying.order_by().values_list("range_id", flat=True).distinct())
    ready = lying.filter(released_at__lte=clock.now()).order_by("card__number")
    lowest = ready.values_list("card__number", flat=True).first()
    begin = tidy_number(first_number)
    out_of_order = bool(begin) and begin != lowest
    if out_of_order and lowest is not None:
        if not reason.strip():
            raise DrawOutOfOrder(lowest=lowest)
        ready = ready.filter(card__number__gte=begin)
    # A card that is being issued this very moment is left to its issue.
    held = ready.select_for_update(no_key=True, of=("self",), skip_locked=True)
    places = list(held.values_list("range_id", "position", "card_id")[: max(quantity, 0)])
    if len(places) < quantity or not places:
        raise DrawTooMany(level_name=level.name, available=len(places), wanted=quantity)
    runs = merged(Run(range_id, position, position) for range_id, position, _card in places)
    moves.mark(runs, start=[PlaceState.STORE], to=PlaceState.DRAWN, store_id=store_id)
    ends = dict(Card.objects.filter(pk__in=[places[0][2], places[-1][2]]).values_list("pk", "number"))
    drawing = Drawing.objects.create(
        store_id=store_id,
        level=level,
        quantity=len(places),
        first=ends[places[0][2]],
        last=ends[places[-1][2]],
        drawn_by=drawn_by.strip(),
        reason=reason.strip() if out_of_order else "",
        actor=str(actor),
        actor_name=actor.name,
        at=clock.now(),
    )
    detail = {"last": drawing.last, "quantity": drawing.quantity, "drawn_by": drawing.drawn_by}
    detail |= {"reason": drawing.reason} if drawing.reason else {}
    record(actor, "stock.draw", object_type="card_range", object_id=drawing.first, store_id=store_id, detail=detail)
    return drawing


def give_back(*, actor: Actor, store_id: int, text: str, drawn_by: str) -> list[Drawing]:
    """Register that somebody has given drawn cards back to the store's keeper, unused: they lie there again, and are
    drawn by their numbers as before (R-F05, R-M02). ``text``: the cards, as typed or scanned. All or none.

    Raises:
        NotAllowed, NothingListed, ListTooLong, ListUnreadable, NotInRange
        NotDrawn: some of them are not drawn in this store; names how many.
    """
    require(actor, Act.STOCK_DELIVER, store_id=store_id)
    found = read_list(text)
    runs = merged(found.runs)
    locks.lock_ranges({run.range_id for run in runs})
    # A card that is being issued this very moment is issued: then this is refused.
    moved = moves.mark(runs, start=[PlaceState.DRAWN], to=PlaceState.STORE, store_id=store_id)
    named = size(runs) + len(found.loose)
    if moved != named:
        raise NotDrawn(count=named - moved)
    levels = dict(CardRange.objects.filter(pk__in=[run.range_id for run in runs]).values_list("pk", "level_id"))
    now = clock.now()
    given = [
        Drawing(
            store_id=store_id,
            level_id=levels[run.range_id],
            quantity=len(run),
            first=span.first,
            last=span.last,
            drawn_by=drawn_by.strip(),
            given_back=True,
            actor=str(actor),
            actor_name=actor.name,
            at=now,
        )
        for run, span in zip(runs, numbers_of(runs), strict=True)
    ]
    Drawing.objects.bulk_create(given)
    for drawing in given:
        detail = {"last": drawing.last, "quantity": drawing.quantity, "drawn_by": drawing.drawn_by}
        kind, number = "card_range", drawing.first
        record(actor, "stock.give_back", object_type=kind, object_id=number, store_id=store_id, detail=detail)
    return given
