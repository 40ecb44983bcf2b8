"""Who may have a card, for which vehicle, and who has come to the desk for one (R-B02 – R-B06, R-H01, R-J02, R-L08)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from membership.cards import services
from membership.cards.domain import IdShown, Shown
from membership.cards.models import Card, CardRules, CardType
from membership.cards.policy import UseBy
from membership.members.domain import Category, DocumentKind
from membership.members.domain.identity import InvalidIdNumber
from membership.members.services import Details, RegistrationIncomplete, create_member, record_document
from membership.vehicles.services import VehicleDetails, VehicleNotReady, file_vehicle
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
At = dict[str, Any]
NUMBER, VIN = "11010519491231002X", "LSVAA49J132047371"


@pytest.fixture
def at(clerk: Actor, store_id: int) -> At:
    """Who acts, and where."""
    return {"actor": clerk, "store_id": store_id}


def test_a_real_name_type_asks_for_a_document(in_chain: InChain, idle_cards: list[str], at: At) -> None:
    with in_chain():
        CardType.objects.filter(pk=1).update(real_name=True)
        member = create_member(name="林静", phone="13900001234", **at)
    with in_chain(), pytest.raises(RegistrationIncomplete, match="没有登记身份证件"):
        services.issue_card(number=idle_cards[0], member=member, **at)
    with in_chain():
        record_document(code=member.code, kind=DocumentKind.ID_CARD, number=NUMBER, **at)
        assert services.issue_card(number=idle_cards[0], member=member, **at).card.member == member


def test_a_prospect_gets_no_card_of_any_type(in_chain: InChain, idle_cards: list[str], at: At) -> None:
    with in_chain():
        member = create_member(name="林静", phone="13900001234", details=Details(category=Category.PROSPECT), **at)
    with in_chain(), pytest.raises(RegistrationIncomplete):
        services.issue_card(number=idle_cards[0], member=member, **at)
    with in_chain():
        assert Card.objects.get(number=idle_cards[0]).status == "IDLE"


def test_a_card_for_a_vehicle_wants_one_that_is_ready(in_chain: InChain, idle_cards: list[str], at: At) -> None:
    """Each vehicle has a card of its own (R-H02, X-15)."""
    with in_chain():
        CardType.objects.filter(pk=1).update(use_by=UseBy.VEHICLE)
        member = create_member(name="林静", phone="13900001234", **at)
        bare = file_vehicle(owner=member, details=VehicleDetails(plate="沪A12345"), **at)
        ready = file_vehicle(owner=member, details=VehicleDetails(plate="沪A54321", vin=VIN), **at)
    given = {"number": idle_cards[0], "member": member} | at
    with in_chain(), pytest.raises(services.VehicleRequired):
        services.issue_card(**given)
    with in_chain(), pytest.raises(VehicleNotReady, match="没有车架号"):
        services.issue_card(**given, vehicle=bare)
    with in_chain():
        assert services.issue_card(**given, vehicle=ready).card.bound_vehicle == ready
    with in_chain(), pytest.raises(services.IdLimitReached):
        services.issue_card(**given | {"number": idle_cards[1]}, vehicle=ready)


def test_where_numbers_are_wanted_looking_is_not_enough(in_chain: InChain, holder: Holder, at: At) -> None:
    with in_chain():
        CardRules.objects.update(id_number_required=True)
    by_agent = Shown(IdShown.AGENT, "林强", matched=True)
    for shown in (Shown(), by_agent):
        with in_chain(), pytest.raises(services.IdNotVerified):
            services.report_lost(number=holder.number, shown=shown, **at)
    with in_chain(), pytest.raises(InvalidIdNumber):
        services.report_lost(number=holder.number, shown=Shown(IdShown.AGENT, "林强", "123", matched=True), **at)
    with in_chain():
        services.report_lost(number=holder.number, shown=Shown(IdShown.AGENT, "林强", NUMBER, matched=True), **at)
        detail = AuditEntry.objects.get(act="card.status").detail
    assert (detail["agent"], detail["agent_id"], detail["id_matched"]) == ("林强", "****************2X", True)
