"""Filing members and finding them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest

from kernel.errors import DomainError
from membership.members.domain import InvalidPhone
from membership.members.models import Member
from membership.members.queries import page_of_members, search_members
from membership.members.services import (
    Details,
    InvalidBirthday,
    InvalidName,
    MemberNotFound,
    create_member,
    edit_details,
    get_member,
)
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


def test_a_member_gets_the_next_code(in_chain: InChain, clerk: Actor, store_id: int, held_clock: datetime) -> None:
    with in_chain():
        first = create_member(actor=clerk, name="  林   静 ", phone="139 0000 1234", store_id=store_id)
        second = create_member(
            actor=clerk, name="江河", phone="02158881234", store_id=store_id, birthday=date(1985, 3, 17)
        )
    assert (first.code, first.name, first.phone, first.created_at) == ("M000001", "林 静", "+8613900001234", held_clock)
    assert (second.code, second.birthday) == ("M000002", date(1985, 3, 17))
    with in_chain():
        assert Member.objects.get(code="M000001").phone_tail == "1234"
        assert AuditEntry.objects.filter(act="member.create").count() == 2


@pytest.mark.parametrize(
    ("name", "phone", "birthday", "error"),
    [
        ("", "13900001234", None, InvalidName),
        ("长" * 61, "13900001234", None, InvalidName),
        ("林静", "123", None, InvalidPhone),
        ("林静", "13900001234", date(2026, 3, 3), InvalidBirthday),
    ],
)
def test_what_is_not_a_member_is_not_filed(
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    held_clock: datetime,
    name: str,
    phone: str,
    birthday: date | None,
    error: type[DomainError],
) -> None:
    with in_chain(), pytest.raises(error):
        create_member(actor=clerk, name=name, phone=phone, store_id=store_id, birthday=birthday)
    with in_chain():
        assert Member.objects.count() == 0
        assert AuditEntry.objects.filter(act="member.create").count() == 0


def test_filing_is_for_those_who_may_in_that_store(in_chain: InChain, store_id: int) -> None:
    elsewhere = Actor(kind="staff", id=3, grants={Act.MEMBER_CREATE: frozenset({store_id + 1})})
    with in_chain(), pytest.raises(NotAllowed):
        create_member(actor=elsewhere, name="林静", phone="13900001234", store_id=store_id)
    with in_chain():
        assert Member.objects.count() == 0


def test_the_trail_of_a_correction_names_fields_not_values(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        edit_details(
            actor=clerk,
            code="M000001",
            name="林静雯",
            phone="13900001234",
            birthday=None,
            details=Details(),
            store_id=store_id,
        )
        entry = AuditEntry.objects.get(act="member.edit")
    assert entry.detail == {"changed": ["name"]}
    with in_chain(), pytest.raises(MemberNotFound):
        get_member("M999999")


@pytest.mark.parametrize(
    "text", ["M000001", "m000001", "林", "林静", "1234", "13900001234", "+86 139 0000 1234", "8800000001"]
)
def test_a_member_is_found_by_code_name_telephone_and_card(
    in_chain: InChain, issue: Callable[..., Holder], text: str
) -> None:
    issue("林静", "13900001234")
    issue("江河", "13700005678")
    with in_chain():
        found = page_of_members(search_members(text), size=10)
    assert [(member.name, member.card_count) for member in found] == [("林静", 1)]  # type: ignore[attr-defined]


def test_pages_of_members_go_on_where_the_last_ended(in_chain: InChain, clerk: Actor, store_id: int) -> None:
    with in_chain():
        for number in range(5):
            create_member(actor=clerk, name=f"会员{number}", phone="13900001234", store_id=store_id)
        first = page_of_members(search_members(""), size=3)
        rest = page_of_members(search_members(""), size=3, before_id=first[-1].pk)
    assert [member.code for member in first + rest] == ["M000005", "M000004", "M000003", "M000002", "M000001"]
