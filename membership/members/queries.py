"""Finding members."""

import re

from django.db.models import Count, Q, QuerySet

from membership.members.domain import InvalidPhone, normalise_phone
from membership.members.models import Member

_CODE = re.compile(r"\AM\d{1,12}\Z", re.IGNORECASE)
_LONGEST_QUERY = 40


def search_members(text: str) -> QuerySet[Member]:
    """Members by code, beginning of the name, telephone (whole or its last four digits) or card number.

    Every way has an index; an empty text finds all. Unordered: see ``page_of_members``.
    """
    text = " ".join(text.split())[:_LONGEST_QUERY]
    if not text:
        return Member.objects.all()
    if _CODE.match(text):
        return Member.objects.filter(code__startswith=text.upper())
    found = Q(name__startswith=text)
    digits = text.replace(" ", "").replace("-", "")
    if digits.isascii() and digits.isalnum():
        # By the key's other end: cards stand above members and are not imported here.
        found |= Q(id__in=Member.objects.filter(card__number__startswith=digits.upper()).order_by().values("id"))
    if len(digits) == 4 and digits.isdigit():
        found |= Q(phone_tail=digits)
    try:
        found |= Q(phone=normalise_phone(text))
    except InvalidPhone:
        pass
    return Member.objects.filter(found)


def page_of_members(members: QuerySet[Member], *, size: int, before_id: int | None = None) -> list[Member]:
    """The newest ``size`` members older than ``before_id``, each with ``card_count``. One query on any page."""
    if before_id is not None:
        members = members.filter(id__lt=before_id)
    return list(members.annotate(card_count=Count("card")).order_by("-id")[:size])
