"""Filing members and correcting what is known of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection

from kernel import clock
from membership.members import locks
from membership.members.domain import (
    Category,
    DocumentKind,
    LunarBirthday,
    birth_date_of,
    masked_name,
    member_code,
    normalise_landline,
    normalise_phone,
)
from membership.members.errors import (
    BirthdayContradicts,
    InvalidBirthday,
    InvalidEmail,
    InvalidName,
    MemberErased,
    MemberNotFound,
    PhoneAlreadyFiled,
)
from membership.members.models import IdDocument, Member
from membership.members.services.phones import note_phone_change, tell_old_phones
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

MOST_NAMED: Final = 5
"""How many other files are named that have the same telephone, or document."""
_LONGEST_NAME: Final = 60
_LONGEST_ADDRESS: Final = 200
_EDITABLE: Final = (
    *("name", "phone", "birthday", "category", "landline", "email", "address"),
    *("lunar_month", "lunar_day", "lunar_leap", "lunar_year"),
)


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a member beside name, telephone and birthday, as typed (R-H03, R-H07)."""

    category: Category = Category.RETAINED
    landline: str = ""
    email: str = ""
    address: str = ""
    lunar_birthday: LunarBirthday | None = None


def create_member(
    *,
    actor: Actor,
    name: str,
    phone: str,
    store_id: int,
    birthday: date | None = None,
    details: Details | None = None,
    phone_shared: bool = True,
) -> Member:
    """File a new member; her code is given here. ``phone_shared`` False: a clerk does it, who has not been asked yet
    whether she knows whose telephone it is besides.

    Raises:
        NotAllowed, InvalidName, InvalidPhone, InvalidBirthday, InvalidLandline, InvalidEmail, InvalidLunarDate
        PhoneAlreadyFiled: not unless she says so.
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    name, phone = checked(name, phone, birthday)
    others = _others_with(phone)
    if others and not phone_shared:
        raise _filed(others)
    (serial,) = next_serials(1)
    member = Member(id=serial, code=member_code(serial), name=name, phone=phone, birthday=birthday)
    member.store_id, member.created_at = store_id, clock.now()
    _apply(member, details or Details())
    member.save(force_insert=True)
    detail = {"phone_shared_with": [other.code for other in others]} if others else {}
    record(actor, "member.create", object_type="member", object_id=member.code, store_id=store_id, detail=detail)
    return member


def edit_details(
    *,
    actor: Actor,
    code: str,
    name: str,
    phone: str,
    birthday: date | None,
    details: Details,
    store_id: int,
    birthday_differs: bool = False,
    phone_shared: bool = True,
) -> Member:
    """Correct everything that is known of a member; a telephone that goes is told. ``birthday_differs``: the clerk
    knows that the new birthday is another than that of her ID document. ``phone_shared``: as for
    ``create_member``, of a new telephone.

    Raises:
        NotAllowed, MemberNotFound, MemberMerged, MemberErased, InvalidName, InvalidPhone, InvalidBirthday
        InvalidLandline, InvalidEmail, InvalidLunarDate
        BirthdayContradicts, PhoneAlreadyFiled: not unless she says so.
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    name, phone = checked(name, phone, birthday)
    member = locks.lock_member(code.strip().upper())
    if member.erased_at is not None:
        raise MemberErased(member_code=member.code)
    differs = birthday not in (None, member.birthday) and _contradicts(member, birthday)
    if differs and not birthday_differs:
        raise BirthdayContradicts
    others = _others_with(phone, besides=member) if phone != member.phone else []
    if others and not phone_shared:
        raise _filed(others)
    before = {field: getattr(member, field) for field in _EDITABLE}
    member.name, member.phone, member.birthday = name, phone, birthday
    moved = note_phone_change(member, before=before["phone"]) if before["phone"] != phone else {}
    _apply(member, details)
    changed = [field for field, value in before.items() if getattr(member, field) != value]
    if changed:
        member.save(update_fields=[*changed, "phone_verified_at", "phone_changed_at"])
        # The trail says which fields; the old values would keep personal data for ever. Telephones stand there masked.
        detail: dict[str, Any] = {"changed": changed} | ({"birthday_differs": True} if differs else {})
        detail |= {"phone_shared_with": [other.code for other in others]} if others else {}
        record(
            actor, "member.edit", object_type="member", object_id=member.code, store_id=store_id, detail=detail | moved
        )
        if moved:
            tell_old_phones([before["phone"]])
    return member


def get_member(code: str) -> Member:
    """The member with this code; that of one who was merged leads to the member she was merged into.

    Raises:
        MemberNotFound
    """
    try:
        member = Member.objects.select_related("merged_into").get(code=code.strip().upper())
    except Member.DoesNotExist:
        raise MemberNotFound(member_code=code) from None
    return member.merged_into or member


def _others_with(phone: str, *, besides: Member | None = None) -> list[Member]:
    """The members whose files have this telephone, the oldest first."""
    found = Member.objects.filter(phone=phone, merged_into__isnull=True)
    if besides is not None:
        found = found.exclude(pk=besides.pk)
    return list(found.order_by("pk")[:MOST_NAMED])


def _filed(others: Sequence[Member]) -> PhoneAlreadyFiled:
    first = others[0]
    label = f"{first.code} {masked_name(first.name)}"
    return PhoneAlreadyFiled(other_label=label, other_codes=[other.code for other in others])


def _contradicts(member: Member, birthday: date | None) -> bool:
    """Whether a document of hers tells another birthday."""
    told = (
        birth_date_of(document.plain_number(), DocumentKind(document.kind))
        for document in IdDocument.objects.filter(member=member)
    )
    return any(born is not None and born != birthday for born in told)


def _apply(member: Member, details: Details) -> None:
    member.category = details.category
    member.landline = checked_landline(details.landline)
    member.email = checked_email(details.email)
    member.address = tidy_address(details.address)
    lunar = details.lunar_birthday
    if lunar is not None:
        lunar.check()
    member.lunar_month, member.lunar_day = (lunar.month, lunar.day) if lunar else (None, None)
    member.lunar_leap, member.lunar_year = (lunar.leap, lunar.year) if lunar else (False, None)


def checked_email(typed: str) -> str:
    """The address without spaces around it; nothing for nothing.

    Raises:
        InvalidEmail
    """
    email = typed.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise InvalidEmail(email=email[:80]) from None
    return email


def checked_landline(typed: str) -> str:
    """A landline in its one form; nothing for nothing.

    Raises:
        InvalidLandline
    """
    return normalise_landline(typed) if typed.strip() else ""


def tidy_address(typed: str) -> str:
    """An address with single spaces, as long as there is room for."""
    return " ".join(typed.split())[:_LONGEST_ADDRESS]


def checked(name: str, phone: str, birthday: date | None) -> tuple[str, str]:
    """Name and telephone in their one form.

    Raises:
        InvalidName, InvalidPhone, InvalidBirthday
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidName
    if birthday is not None and birthday > clock.today():
        raise InvalidBirthday
    return name, normalise_phone(phone)


def next_serials(number: int) -> list[int]:
    """The keys the table would have given; taken first, because codes are made from them. Gaps are no harm."""
    table = Member._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, number])
        return [int(serial) for (serial,) in cursor.fetchall()]
