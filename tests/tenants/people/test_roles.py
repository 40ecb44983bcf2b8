"""Editing the matrix and giving roles; nobody may lock everybody out."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import IntegrityError, connections, transaction

from kernel.db import in_chain as in_schema
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people import services
from tenants.people.domain import SYSTEM, Act, Actor
from tenants.people.models import Assignment, Role, User
from tenants.people.queries import actor_of
from tests.tenants.people.conftest import acts_of

InChain = Callable[..., AbstractContextManager[None]]
Hire = Callable[..., User]


def test_a_role_is_given_exactly_these_acts(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        services.set_role_acts(actor=owner, role_code="SUPPLY", acts=[Act.CARD_VIEW, Act.CARD_MAKE])
    with in_chain():
        assert acts_of("SUPPLY") == ["card.make", "card.view"]
        entry = AuditEntry.objects.get(act="role.set_acts")
        assert (entry.actor, entry.object_id) == (str(owner), "SUPPLY")
        assert entry.detail == {"added": ["card.make"], "removed": []}


def test_setting_what_is_there_leaves_no_trace(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        services.set_role_acts(actor=owner, role_code="SUPPLY", acts=[Act.CARD_VIEW])
        assert not AuditEntry.objects.filter(act="role.set_acts").exists()


def test_the_owners_role_is_fixed(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        with pytest.raises(services.RoleFixed):
            services.set_role_acts(actor=owner, role_code="OWNER", acts=[Act.CARD_VIEW])
        assert acts_of("OWNER") == sorted(Act.values)


def test_the_owners_role_is_given_to_nobody_else(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        clerk = hire("clerk")
        with pytest.raises(services.RoleFixed):
            services.assign_role(actor=owner, user_id=clerk.pk, role_code="OWNER", store_id=None)
        assert actor_of(clerk).grants == {}


def test_whoever_may_not_manage_staff_changes_nothing(in_chain: InChain, hire: Hire) -> None:
    with in_chain():
        cashier = actor_of(hire("cashier", "CASHIER"))
        before = acts_of("CASHIER")
        with pytest.raises(services.NotAllowed) as refusal:
            services.set_role_acts(actor=cashier, role_code="CASHIER", acts=list(Act))
        with pytest.raises(services.NotAllowed):
            services.assign_role(actor=cashier, user_id=cashier.id or 0, role_code="TREASURY", store_id=None)
        assert refusal.value.code == "not_allowed"
        assert refusal.value.status == 403
        assert acts_of("CASHIER") == before
        assert "value.reverse" not in actor_of(User.objects.get(pk=cashier.id)).grants


def test_a_manager_of_one_store_gives_roles_only_there(in_chain: InChain, hire: Hire) -> None:
    with in_chain():
        local = actor_of(hire("local", "HEAD_OFFICE", store_id=1))
        clerk = hire("clerk")
        services.assign_role(actor=local, user_id=clerk.pk, role_code="CLERK", store_id=1)
        for store_id in (2, None):
            with pytest.raises(services.NotAllowed):
                services.assign_role(actor=local, user_id=clerk.pk, role_code="CLERK", store_id=store_id)
        with pytest.raises(services.NotAllowed):
            services.set_role_acts(actor=local, role_code="CLERK", acts=list(Act))
        assert list(clerk.assignments.values_list("store_id", flat=True)) == [1]


def test_giving_a_role_twice_is_giving_it_once(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        clerk = hire("clerk")
        first = services.assign_role(actor=owner, user_id=clerk.pk, role_code="CLERK", store_id=None)
        again = services.assign_role(actor=owner, user_id=clerk.pk, role_code="CLERK", store_id=None)
        assert first.pk == again.pk
        assert AuditEntry.objects.filter(act="role.assign", object_id=str(clerk.pk)).count() == 1


def test_a_role_taken_away_is_gone(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        clerk = hire("clerk", "CLERK")
        services.unassign_role(actor=owner, assignment_id=clerk.assignments.get().pk)
        assert actor_of(clerk).grants == {}


def test_unknown_names_are_said_to_be_unknown(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        with pytest.raises(services.RoleNotFound):
            services.set_role_acts(actor=owner, role_code="NOBODY", acts=[])
        with pytest.raises(services.AssignmentNotFound):
            services.unassign_role(actor=owner, assignment_id=0)
        with pytest.raises(services.AssignmentNotFound):
            services.assign_role(actor=owner, user_id=0, role_code="CLERK", store_id=None)


def test_own_roles_come_and_go(in_chain: InChain, owner: Actor, hire: Hire) -> None:
    with in_chain():
        role = services.create_role(actor=owner, name="洗车班长", acts=[Act.CARD_VIEW])
        assert acts_of(role.code) == ["card.view"]
        clerk = hire("clerk", role.code)
        with pytest.raises(services.RoleInUse):
            services.delete_role(actor=owner, role_code=role.code)
        services.unassign_role(actor=owner, assignment_id=clerk.assignments.get().pk)
        services.delete_role(actor=owner, role_code=role.code)
        with pytest.raises(services.RoleFixed):
            services.delete_role(actor=owner, role_code="CLERK")
        assert Role.objects.filter(code__in=[role.code, "CLERK"]).count() == 1


def test_a_name_belongs_to_one_role(in_chain: InChain, owner: Actor) -> None:
    with in_chain():
        services.create_role(actor=owner, name="Wash")
        for taken in ("wash", "收银"):
            with pytest.raises(services.RoleNameTaken):
                services.create_role(actor=owner, name=taken)
        with pytest.raises(IntegrityError), transaction.atomic():
            Role.objects.create(code="own-2", name="WASH")
        assert Role.objects.filter(preset=False).count() == 1


@pytest.fixture
def without_owner(in_chain: InChain, hire: Hire) -> tuple[User, User]:
    """A chain whose last managers are two people of the head office."""
    with in_chain():
        Assignment.objects.all().delete()
        return hire("first", "HEAD_OFFICE"), hire("second", "HEAD_OFFICE")


def test_the_last_manager_cannot_be_lost(in_chain: InChain, without_owner: tuple[User, User]) -> None:
    first, second = without_owner
    with in_chain():
        services.set_staff_active(actor=SYSTEM, user_id=second.pk, active=False)
    with in_chain(), pytest.raises(services.LastManager):
        services.set_staff_active(actor=SYSTEM, user_id=first.pk, active=False)
    with in_chain(), pytest.raises(services.LastManager):
        services.unassign_role(actor=SYSTEM, assignment_id=first.assignments.get().pk)
    with in_chain(), pytest.raises(services.LastManager):
        services.set_role_acts(actor=SYSTEM, role_code="HEAD_OFFICE", acts=[Act.CARD_VIEW])


def test_a_refusal_leaves_the_matrix_as_it_was(in_chain: InChain, without_owner: tuple[User, User]) -> None:
    with in_chain():
        before = acts_of("HEAD_OFFICE")
    with pytest.raises(services.LastManager), in_chain():
        services.set_role_acts(actor=SYSTEM, role_code="HEAD_OFFICE", acts=[])
    with in_chain():
        assert acts_of("HEAD_OFFICE") == before


def test_two_managers_cannot_close_each_other_at_once(chain: Chain, without_owner: tuple[User, User]) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def close(person: User) -> None:
        try:
            together.wait()
            with in_schema(chain.schema_name):
                services.set_staff_active(actor=SYSTEM, user_id=person.pk, active=False)
            outcomes.append("closed")
        except services.LastManager:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=close, args=(person,)) for person in without_owner]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["closed", "refused"]
    with in_schema(chain.schema_name):
        assert User.objects.filter(is_active=True, username__in=["first", "second"]).count() == 1
