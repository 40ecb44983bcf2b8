"""Beginning the papers of card stock; their further steps are those of documents."""

from datetime import date

from membership.cards.domain import tidy_number
from membership.documents import services as documents
from membership.documents.models import Document
from membership.stock.queries import COUNT_KIND, DELIVERY_KIND, DESTRUCTION_KIND, MAKING_KIND
from membership.stock.services.making import ORDINARY
from tenants.people.domain import Actor


def request_cards(
    *,
    actor: Actor,
    store_id: int | None,
    level_code: str,
    quantity: int,
    wanted_on: date,
    reason: str,
    type_code: str = ORDINARY,
) -> Document:
    """Ask for cards to be made, and hand the request in (R-F01, R-F02). ``store_id`` None: for the head office.

    Raises:
        NotAllowed, LevelNotFound, TypeNotFound, DocumentInvalid
    """
    payload = {
        "reason": reason,
        "level_code": level_code,
        "type_code": type_code,
        "quantity": quantity,
        "wanted_on": wanted_on.isoformat(),
    }
    drafted = documents.draft(actor=actor, kind=MAKING_KIND, payload=payload, store_id=store_id)
    return documents.submit(actor=actor, number=drafted.number)


def deliver(
    *,
    actor: Actor,
    store_id: int,
    first_number: str,
    last_number: str,
    planned_on: date,
    keeper: str,
    reason: str = "",
) -> Document:
    """Announce and send cards of a range to a store (R-F07). They may be issued there once its keeper has signed for
    them and ``planned_on`` has come; ``reason`` says why sooner than the chain's notice allows.

    Raises:
        NotAllowed, NotInRange, ListUnreadable, DeliveryInThePast, DeliveryShortNotice
        CardsElsewhere: not all of them lie in the central stock.
    """
    payload = {
        "first_number": tidy_number(first_number),
        "last_number": tidy_number(last_number),
        "planned_on": planned_on.isoformat(),
        "keeper": keeper,
        "reason": reason,
    }
    drafted = documents.draft(actor=actor, kind=DELIVERY_KIND, payload=payload, store_id=store_id)
    return documents.submit(actor=actor, number=drafted.number)


def file_count(*, actor: Actor, store_id: int, text: str, explanation: str = "") -> Document:
    """Draft a count of a store's blank cards from what was typed or scanned (R-F06): the draft tells the differences.

    Raises:
        NotAllowed, ListUnreadable, ListTooLong, NotInRange
    """
    payload = {"text": text, "explanation": explanation}
    return documents.draft(actor=actor, kind=COUNT_KIND, payload=payload, store_id=store_id)


def file_destruction(*, actor: Actor, store_id: int | None, text: str, reason: str) -> Document:
    """List blank and collected cards for destruction and call the witnesses (R-E05).

    Raises:
        NotAllowed, NothingListed, ListUnreadable, ListTooLong, NotInRange, NotDestroyable
    """
    payload = {"text": text, "reason": reason}
    drafted = documents.draft(actor=actor, kind=DESTRUCTION_KIND, payload=payload, store_id=store_id)
    return documents.submit(actor=actor, number=drafted.number)
