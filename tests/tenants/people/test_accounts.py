"""Owners, their staff accounts, and staff."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from kernel.db import in_public
from tenants.audit.models import AuditEntry
from tenants.people import services
from tenants.people.domain import SYSTEM, Act, Actor, UserKind
from tenants.people.models import User
from tenants.people.queries import actor_of

InChain = Callable[..., AbstractContextManager[None]]
Hire = Callable[..., User]

PASSWORD = "qing-shan-2026"


def test_an_owner_can_log_in_as_after_sign_up(database: None) -> None:
    with in_public():
        owner = services.create_owner(email="Shen@Example.CN", name="沈知远", password=PASSWORD)
        assert owner.kind == UserKind.OWNER
        assert owner.check_password(PASSWORD)
        assert EmailAddress.objects.get(user=owner).verified
        assert str(actor_of(owner)) == f"owner:{owner.pk}"
        assert actor_of(owner).grants == {}


def test_an_address_belongs_to_one_user(database: None) -> None:
    with in_public():
        services.create_owner(email="shen@example.cn", name="沈知远", password=PASSWORD)
        with pytest.raises(services.AccountTaken):
            services.create_owner(email="SHEN@example.cn", name="冒名", password=PASSWORD)
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(username="other", email="Shen@Example.cn", name="又一个")
        assert User.objects.filter(email__iexact="shen@example.cn").count() == 1


def test_provisioning_may_make_the_owners_account_again(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        before = User.objects.get(pk=owner.id)
        assert before.owner_id is not None
        again = services.create_owner_staff(owner_id=before.owner_id, email="x@example.cn", name="改名")
        assert again.pk == before.pk
        assert (again.name, again.has_usable_password()) == (before.name, False)
        assert again.assignments.count() == 1
        assert actor_of(again).grants == dict.fromkeys(Act.values, "all")


def test_a_long_address_is_still_an_address(in_chain: InChain) -> None:
    long = "a" * 64 + "@" + ".".join(["b" * 60] * 2) + ".example.cn"
    assert 150 < len(long) <= 254
    with in_public():
        owner = services.create_owner(email=long, name="长名", password=PASSWORD)
    with in_chain():
        staff = services.create_owner_staff(owner_id=owner.pk, email=long, name="长名")
        assert (staff.email, staff.username[:5]) == (long, "user-")


def test_staff_are_hired(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        person = services.create_staff(
            actor=owner,
            username=" zhoumin ",
            name="周敏",
            password=PASSWORD,
            email="zhou@Example.cn",
            phone="13800000001",
        )
        assert (person.username, person.email, person.kind) == ("zhoumin", "zhou@example.cn", UserKind.STAFF)
        assert person.check_password(PASSWORD)
        entry = AuditEntry.objects.get(act="staff.create")
        assert entry.object_id == str(person.pk)
        assert PASSWORD not in str(entry.detail)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"username": "taken"}, services.AccountTaken),
        ({"email": "Taken@example.cn"}, services.AccountTaken),
        ({"password": "12345678"}, services.PasswordTooWeak),
        ({"password": "short"}, services.PasswordTooWeak),
    ],
)
def test_a_bad_account_is_refused_and_not_made(
    in_chain: InChain, owner: Actor, given: dict[str, str], error: type[Exception]
) -> None:
    with in_chain():
        User.objects.create(username="taken", email="taken@example.cn", name="先来的")
        before = User.objects.count()
        account = {"username": "new", "name": "新人", "password": PASSWORD, "email": "new@example.cn", **given}
        with pytest.raises(error):
            services.create_staff(actor=owner, **account)
        assert User.objects.count() == before


def test_a_cashier_hires_nobody(in_chain: InChain, hire: Hire) -> None:
    with in_chain():
        cashier = actor_of(hire("cashier", "CASHIER"))
        with pytest.raises(services.NotAllowed):
            services.create_staff(actor=cashier, username="friend", name="朋友", password=PASSWORD)
        assert not User.objects.filter(username="friend").exists()


def test_what_is_known_of_her_is_changed(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        person = hire("lin", "CLERK")
        services.edit_staff(actor=owner, user_id=person.pk, name="林晓雨", email="lin@example.cn", phone="13900000002")
        person.refresh_from_db()
        assert (person.name, person.email, person.phone) == ("林晓雨", "lin@example.cn", "13900000002")
        assert AuditEntry.objects.get(act="staff.edit").detail == {"changed": ["email", "name", "phone"]}
        with pytest.raises(services.StaffNotFound):
            services.edit_staff(actor=owner, user_id=0, name="无", email="", phone="")


def test_the_owners_account_is_the_owners(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        office = actor_of(hire("office", "HEAD_OFFICE"))
        assert owner.id is not None
        with pytest.raises(services.OwnerAccountFixed):
            services.set_staff_active(actor=office, user_id=owner.id, active=False)
        with pytest.raises(services.OwnerAccountFixed):
            services.reset_staff_password(actor=office, user_id=owner.id, password=PASSWORD)
        with pytest.raises(services.OwnerAccountFixed):
            services.edit_staff(actor=office, user_id=owner.id, name="换人", email="", phone="")
        assert User.objects.get(pk=owner.id).is_active
        services.edit_staff(actor=owner, user_id=owner.id, name="沈先生", email="", phone="")


def test_a_password_is_reset(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        person = hire("lin")
        services.reset_staff_password(actor=owner, user_id=person.pk, password=PASSWORD)
        person.refresh_from_db()
        assert person.check_password(PASSWORD)
        with pytest.raises(services.PasswordTooWeak):
            services.reset_staff_password(actor=owner, user_id=person.pk, password="1")


def test_a_closed_account_opens_again(in_chain: InChain, hire: Hire) -> None:
    with in_chain():
        person = hire("lin", "CLERK")
        services.set_staff_active(actor=SYSTEM, user_id=person.pk, active=False)
        services.set_staff_active(actor=SYSTEM, user_id=person.pk, active=True)
        assert list(AuditEntry.objects.filter(object_id=str(person.pk)).order_by("id").values_list("act", flat=True))[
            -2:
        ] == ["staff.close", "staff.open"]
        person.refresh_from_db()
        assert actor_of(person).may_somewhere(Act.CARD_ISSUE)
