"""Making ranges of cards, and entering their internal codes."""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext_lazy as _

from membership.cards.domain import LONGEST_NUMBER, NumberRange
from membership.cards.models import Card
from membership.cards.services import make_cards
from membership.documents import services as documents
from membership.documents.domain import DocumentState
from membership.documents.locks import lock_document
from membership.stock import locks, moves
from membership.stock.errors import CodesTaken, CodesWrong, RangeNotFound, RequestNotOpen
from membership.stock.models import CardRange
from membership.stock.queries import MAKING_KIND
from membership.stock.services.taking_in import where_made
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

ORDINARY = "ORDINARY"


@dataclass(frozen=True, slots=True)
class Codes:
    """Internal codes of consecutive cards: a prefix and a serial of fixed width, one for each card in order (R-F03)."""

    prefix: str
    first: int
    width: int

    def of(self, place: int) -> str:
        """The code of the card at that place, counted from 0."""
        return f"{self.prefix}{self.first + place:0{self.width}d}"


def make_range(
    *,
    actor: Actor,
    level_code: str,
    numbers: NumberRange,
    type_code: str = ORDINARY,
    store_id: int | None = None,
    codes: Codes | None = None,
    request: str = "",
) -> CardRange:
    """Make cards and put them into stock (R-B08 – R-B11, R-F03).

    They lie in the central stock until they are delivered. Where the chain has one store, or has chosen to release
    cards when they are made, they lie in the store named at once; with no store named, every store may issue them.

    Raises:
        NotAllowed, InvalidNumberRange, LevelNotFound, TypeNotFound, NumberFormWrong, CardNumberTaken, CodesWrong,
        CodesTaken
    """
    made = make_cards(actor=actor, level_code=level_code, numbers=numbers, type_code=type_code, store_id=store_id)
    sample = Card.objects.only("type_id", "level_id", "made_at").get(number=made.first)
    cards = CardRange.objects.create(
        type_id=sample.type_id,
        level_id=sample.level_id,
        first=made.first,
        last=made.last,
        quantity=made.quantity,
        request=request,
        made_at=sample.made_at,
        made_by_name=actor.name,
    )
    state, lies_in, released_at = where_made(store_id)
    moves.place(numbers.numbers(), range_id=cards.pk, state=state, store_id=lies_in, released_at=released_at)
    if codes is not None:
        cards = enter_codes(actor=actor, range_id=cards.pk, codes=codes)
    return cards


def make_for_request(
    *, actor: Actor, number: str, numbers: NumberRange, codes: Codes | None = None, version: int | None = None
) -> CardRange:
    """Make the cards of an approved making request, which completes it (R-F03). Type and level are the request's.

    Raises:
        NotAllowed, DocumentNotFound, DocumentChanged, RequestNotOpen, and what ``make_range`` refuses
    """
    document = lock_document(number)
    if document.kind != MAKING_KIND or document.state != DocumentState.APPROVED:
        raise RequestNotOpen(number=document.number, state_label=DocumentState(document.state).label)
    documents.complete(actor=actor, number=document.number, version=version)
    return make_range(
        actor=actor,
        level_code=document.payload["level_code"],
        type_code=document.payload["type_code"],
        numbers=numbers,
        codes=codes,
        request=document.number,
    )


def enter_codes(*, actor: Actor, range_id: int, codes: Codes) -> CardRange:
    """Give each card of a range its internal code, in order: prefix, length and card-type code are checked (R-F09).

    Codes that are no series come by import instead.

    Raises:
        NotAllowed, RangeNotFound, CodesWrong, CodesTaken
    """
    require(actor, Act.CARD_MAKE)
    locked = locks.lock_ranges([range_id])
    if not locked:
        raise RangeNotFound
    cards = locked[0]
    first, last = codes.of(0), codes.of(cards.quantity - 1)
    for code in (first, last):
        _check_form(code, cards, codes)
    # The codes are a series by position, so that each card's is computed where the card is.
    series: list[str | int] = [codes.prefix, codes.first, codes.width]
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [*series, cards.pk])
        taken = cursor.fetchone()
        if taken is not None:
            raise CodesTaken(internal_code=taken[0])
        cursor.execute(_ENTER, [*series, cards.pk])
    cards.first_code, cards.last_code = first, last
    cards.save(update_fields=["first_code", "last_code"])
    detail = {"from": first, "to": last, "quantity": cards.quantity}
    record(actor, "stock.codes", object_type="card_range", object_id=cards.first, detail=detail)
    return cards


_CODE = "%s::text || lpad((%s + place.position - 1)::text, %s, '0')"
_TAKEN = f"""
    SELECT other.internal_code FROM stock_cardplace AS place
    JOIN cards_card AS other ON other.internal_code = {_CODE} AND other.id <> place.card_id
    WHERE place.range_id = %s ORDER BY 1 LIMIT 1"""  # noqa: S608  (constants)
_ENTER = f"""
    UPDATE cards_card AS card SET internal_code = {_CODE}
    FROM stock_cardplace AS place WHERE place.card_id = card.id AND place.range_id = %s"""  # noqa: S608


def _check_form(code: str, cards: CardRange, codes: Codes) -> None:
    card_type = cards.type
    if not code.startswith(card_type.internal_prefix):
        rule = _("须以“{prefix}”开头").format(prefix=card_type.internal_prefix)
    elif card_type.internal_length not in (None, len(code)):
        rule = _("须为 {length} 位").format(length=card_type.internal_length)
    elif len(code) != len(codes.prefix) + codes.width or len(code) > LONGEST_NUMBER:
        rule = str(_("末号超过流水号位数"))
    else:
        return
    raise CodesWrong(internal_code=code, type_name=card_type.name, rule_label=rule)
