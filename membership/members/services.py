"""Acts on members. Each requires a transaction of the chain."""

from datetime import date

from django.db import connection
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.members.domain import member_code, normalise_phone
from membership.members.models import Member
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

_LONGEST_NAME = 60


class InvalidName(DomainError):
    """A member has a name of 1–60 characters."""

    code = "invalid_name"
    status = 400
    message = _("请填写会员姓名（最多 60 个字）。")


class InvalidBirthday(DomainError):
    """A birthday lies in the past."""

    code = "invalid_birthday"
    status = 400
    message = _("生日不能晚于今天。")


class MemberNotFound(DomainError):
    """No member has this code."""

    code = "member_not_found"
    status = 404
    message = _("没有编号为“{member_code}”的会员。")


def create_member(*, actor: Actor, name: str, phone: str, store_id: int, birthday: date | None = None) -> Member:
    """File a new member; her code is given here.

    Raises:
        NotAllowed, InvalidName, InvalidPhone, InvalidBirthday
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    name, phone = _checked(name, phone, birthday)
    serial = _next_serial()
    member = Member.objects.create(
        id=serial,
        code=member_code(serial),
        name=name,
        phone=phone,
        birthday=birthday,
        store_id=store_id,
        created_at=clock.now(),
    )
    record(actor, "member.create", object_type="member", object_id=member.code, store_id=store_id)
    return member


def edit_member(*, actor: Actor, code: str, name: str, phone: str, birthday: date | None, store_id: int) -> Member:
    """Correct a member's name, telephone or birthday.

    Raises:
        NotAllowed, MemberNotFound, InvalidName, InvalidPhone, InvalidBirthday
    """
    require(actor, Act.MEMBER_CREATE, store_id=store_id)
    name, phone = _checked(name, phone, birthday)
    member = get_member(code)
    before = {"name": member.name, "phone": member.phone, "birthday": member.birthday}
    member.name, member.phone, member.birthday = name, phone, birthday
    changed = [field for field, value in before.items() if getattr(member, field) != value]
    if changed:
        member.save(update_fields=changed)
        # The trail says which fields; the old values would keep personal data for ever.
        record(
            actor, "member.edit", object_type="member", object_id=code, store_id=store_id, detail={"changed": changed}
        )
    return member


def get_member(code: str) -> Member:
    """The member with this code.

    Raises:
        MemberNotFound
    """
    try:
        return Member.objects.get(code=code.strip().upper())
    except Member.DoesNotExist:
        raise MemberNotFound(member_code=code) from None


def _checked(name: str, phone: str, birthday: date | None) -> tuple[str, str]:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidName
    if birthday is not None and birthday > clock.today():
        raise InvalidBirthday
    return name, normalise_phone(phone)


def _next_serial() -> int:
    """The key the table would have given; taken first, because the code is made from it. Gaps are no harm."""
    table = Member._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        return int(cursor.fetchone()[0])
