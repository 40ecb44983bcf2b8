"""Finding registrations."""

from typing import Final

from django.db.models import Q, QuerySet

from kernel import clock
from kernel.crypto import blind_indexes
from membership.buyers.models import BUYER_NUMBER, BuyerRegistration
from membership.members.domain import DocumentKind, InvalidIdNumber, normalise_id_number

FORGET: Final = "buyers.forget"
"""The task that deletes registrations which the law no longer asks for."""

TO_FORGET: Final = (
    "SELECT 1 FROM {schema}.buyers_buyerregistration"
    " WHERE kept_until < (%(now)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date"
)
"""Finds a row where there is something for it to do."""

_LONGEST_QUERY: Final = 40


def search_buyers(text: str = "", *, id_number: str = "") -> QuerySet[BuyerRegistration]:
    """Registrations by the card's number, a name's beginning, or a whole ID number; without either, all of them.

    Unordered: see ``page_of_buyers``.
    """
    found = BuyerRegistration.objects.all()
    text = " ".join(text.split())[:_LONGEST_QUERY]
    if text:
        compact = text.replace(" ", "").replace("-", "").upper()
        found = found.filter(Q(card__number=compact) | Q(name__startswith=text))
    if id_number:
        found = found.filter(_numbered(id_number))
    return found


def _numbered(id_number: str) -> Q:
    found = Q(pk__in=())
    for kind in DocumentKind:
        try:
            number = normalise_id_number(id_number, kind, today=clock.today())
        except InvalidIdNumber:
            continue
        found |= Q(kind=kind, number_index__in=blind_indexes(number, purpose=BUYER_NUMBER))
    return found


def page_of_buyers(
    found: QuerySet[BuyerRegistration], *, size: int, before_id: int | None = None
) -> list[BuyerRegistration]:
    """The newest ``size`` older than ``before_id``, with card and store. One query on any page."""
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    return list(found.select_related("card__member", "store").order_by("-id")[:size])
