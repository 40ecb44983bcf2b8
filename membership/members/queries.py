"""Finding members."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Prefetch, Q, QuerySet

from kernel import clock
from kernel.crypto import blind_indexes
from membership.members.domain import DocumentKind, InvalidIdNumber, InvalidPhone, normalise_id_number, normalise_phone
from membership.members.models import ID_NUMBER, Consent, ConsentWording, IdDocument, Member, MemberTag, Tag

_CODE = re.compile(r"\AM\d{1,12}\Z", re.IGNORECASE)
_LONGEST_QUERY = 40

FORGET: Final = "members.forget"
"""The task that deletes identities which the law no longer asks for."""

TO_FORGET: Final = (
    "SELECT 1 FROM {schema}.members_member"
    " WHERE retained_until < (%(now)s::timestamptz AT TIME ZONE 'Asia/Shanghai')::date"
)
"""Finds a row where there is something for it to do."""


def present_members() -> QuerySet[Member]:
    """All members but those who were merged into another."""
    return Member.objects.filter(merged_into__isnull=True)


def search_members(text: str) -> QuerySet[Member]:
    """Members by code, beginning of the name, telephone (whole or its last four digits) or card number.

    Every way has an index; an empty text finds all. The code of one who was merged finds the other. Unordered: see
    ``page_of_members``.
    """
    text = " ".join(text.split())[:_LONGEST_QUERY]
    if not text:
        return present_members()
    if _CODE.match(text):
        gone = Member.objects.filter(code=text.upper(), merged_into__isnull=False).values("merged_into_id")
        return present_members().filter(Q(code__startswith=text.upper()) | Q(id__in=gone))
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
    return present_members().filter(found)


def narrow(
    members: QuerySet[Member],
    *,
    category: str = "",
    tag_id: int | None = None,
    plate: str = "",
    vin: str = "",
    id_number: str = "",
) -> QuerySet[Member]:
    """Those of the members who are all of this. ``plate`` and ``vin`` are beginnings, tidied; ``id_number`` whole."""
    if category:
        members = members.filter(category=category)
    if tag_id is not None:
        members = members.filter(id__in=MemberTag.objects.filter(tag_id=tag_id).values("member_id"))
    if plate:
        members = members.filter(
            id__in=Member.objects.filter(vehicles__plate__startswith=plate).order_by().values("id")
        )
    if vin:
        members = members.filter(id__in=Member.objects.filter(vehicles__vin__startswith=vin).order_by().values("id"))
    if id_number:
        members = members.filter(id__in=holders_of(id_number).values("member_id"))
    return members


def holders_of(id_number: str) -> QuerySet[IdDocument]:
    """Documents with this number, as typed, of whatever kind it may be."""
    found = Q(pk__in=())
    for kind in DocumentKind:
        try:
            number = normalise_id_number(id_number, kind, today=clock.today())
        except InvalidIdNumber:
            continue
        found |= Q(kind=kind, number_index__in=blind_indexes(number, purpose=ID_NUMBER))
    return IdDocument.objects.filter(found)


def same_person_ids(member: Member) -> list[int]:
    """The keys of all members who showed one of the documents that this member showed; herself among them (R-H02)."""
    shared = Q(pk__in=())
    for document in IdDocument.objects.filter(member=member):
        indexes = blind_indexes(document.plain_number(), purpose=ID_NUMBER)
        shared |= Q(kind=document.kind, number_index__in=indexes)
    others = IdDocument.objects.filter(shared).exclude(member=member).values_list("member_id", flat=True)
    return sorted({member.pk, *others})


def page_of_members(members: QuerySet[Member], *, size: int, before_id: int | None = None) -> list[Member]:
    """The newest ``size`` members older than ``before_id``, each with ``card_count``. One query on any page."""
    if before_id is not None:
        members = members.filter(id__lt=before_id)
    return list(members.annotate(card_count=Count("card")).order_by("-id")[:size])


def with_tags(members: QuerySet[Member]) -> QuerySet[Member]:
    """The members with their tags in ``worn``: one query more for any number of members."""
    worn = MemberTag.objects.select_related("tag").order_by("tag__name")
    return members.prefetch_related(Prefetch("member_tags", queryset=worn, to_attr="worn"))


def tags(*, with_retired: bool = False) -> list[Tag]:
    """The chain's tags, by name; retired ones last."""
    found = Tag.objects.all() if with_retired else Tag.objects.filter(retired=False)
    return list(found.annotate(use_count=Count("uses")).order_by("retired", "name"))


def tags_of(member: Member) -> list[Tag]:
    """The tags a member wears, by name."""
    return list(Tag.objects.filter(uses__member=member).order_by("name"))


def documents_of(member: Member) -> list[IdDocument]:
    """A member's documents. Their numbers stay encrypted; pages show ``masked``."""
    return list(IdDocument.objects.filter(member=member).order_by("kind"))


def consents_of(member: Member) -> list[Consent]:
    """A member's consents, those in force first, each with its wording."""
    found = Consent.objects.filter(member=member).select_related("wording")
    return sorted(found, key=lambda consent: (consent.withdrawn_at is not None, consent.purpose, -consent.pk))


def wordings() -> list[ConsentWording]:
    """The wording in force for each purpose."""
    return list(ConsentWording.objects.order_by("purpose", "-version").distinct("purpose"))


def wording_history() -> list[ConsentWording]:
    """Every version of every wording, the newest of each purpose first; ``in_force``: how many consents to it hold.
    One query.
    """
    holding = Count("consent", filter=Q(consent__withdrawn_at__isnull=True))
    return list(ConsentWording.objects.annotate(in_force=holding).order_by("purpose", "-version"))


# ── Duplicates ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two or more members who may be one person, and by what: ``document``, ``phone`` (and name) or ``vehicle``."""

    reason: str
    member_ids: tuple[int, ...]


def alike_by_document(*, limit: int) -> list[Likeness]:
    """Members who showed the same document."""
    shared = (
        IdDocument.objects.filter(member__merged_into__isnull=True)
        .order_by()
        .values("kind", "number_index")
        .annotate(holders=Count("member"))
        .filter(holders__gt=1)
        .order_by("number_index")[:limit]
    )
    keys = [(row["kind"], row["number_index"]) for row in shared]
    rows = IdDocument.objects.filter(number_index__in=[index for _kind, index in keys]).order_by("member_id")
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, index, member_id in rows.values_list("kind", "number_index", "member_id"):
        groups[kind, index].append(member_id)
    return [Likeness("document", tuple(groups[key])) for key in keys]


def alike_by_phone(*, limit: int) -> list[Likeness]:
    """Members with the same name and telephone."""
    shared = (
        present_members()
        .exclude(phone="")
        .order_by()
        .values("name", "phone")
        .annotate(holders=Count("id"))
        .filter(holders__gt=1)
        .order_by("phone", "name")[:limit]
    )
    keys = [(row["name"], row["phone"]) for row in shared]
    rows = present_members().filter(phone__in=[phone for _name, phone in keys]).order_by("id")
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, phone, member_id in rows.values_list("name", "phone", "id"):
        groups[name, phone].append(member_id)
    return [Likeness("phone", tuple(groups[key])) for key in keys]


def joined(found: Iterable[Likeness]) -> list[tuple[tuple[int, ...], list[str]]]:
    """The same members found by several things are one entry with several reasons."""
    reasons: dict[tuple[int, ...], list[str]] = {}
    for likeness in found:
        reasons.setdefault(likeness.member_ids, []).append(likeness.reason)
    return list(reasons.items())
