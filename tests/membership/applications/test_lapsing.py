"""A card that was granted and that nobody came for: closed after some weeks, put away, told, and still charged once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel import clock
from membership.applications.models import Application, ApplicationPolicy, GrantedCard
from membership.applications.services import (
    MadeLink,
    approve,
    hand_over,
    lapse,
    lapses_on,
    link_behind,
    save_policy,
    send,
)
from membership.cards.models import Card
from membership.cards.services import activate_card
from membership.events.models import Event
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.conftest import NOON
from tests.membership.applications.conftest import SITE, last_text, refused

InChain = Callable[..., AbstractContextManager[None]]
Submitted = Callable[..., Application]
LATER = NOON + timedelta(days=30)


@pytest.fixture(autouse=True)
def _held(held_clock: datetime) -> None:
    """Noon of 2 March 2026 in China."""


@pytest.fixture
def granted(
    in_chain: InChain, chain: Chain, submitted: Submitted, clerk: Actor, store_id: int, idle_cards: list[str]
) -> Callable[..., MadeLink]:
    """Approved at noon: ``granted()``, the first idle card is hers."""

    def make(**wish: Any) -> MadeLink:
        application = submitted(**wish)
        with in_chain():
            return approve(
                actor=clerk, chain=chain, number=application.number, card_number=idle_cards[0], store_id=store_id,
                site_url=SITE,
            )  # fmt: skip

    return make


def _lapse(made: MadeLink, clerk: Actor, store_id: int, *, card_is_here: bool = True) -> Application:
    number = made.application.number
    return lapse(actor=clerk, number=number, card_is_here=card_is_here, store_id=store_id, site_url=SITE)


def test_how_long_it_waits_is_the_chains_choice(
    in_chain: InChain, granted: Callable[..., MadeLink], clerk: Actor, store_id: int
) -> None:
    made = granted()
    given: dict[str, Any] = {"delivery_offered": False, "photo_required": False, "per_day": 9, "kept_days": 90}
    with in_chain():
        for days in (6, 366):
            with refused("application_policy_unsound"):
                save_policy(actor=clerk, **given, waits_days=days)
        save_policy(actor=clerk, **given, waits_days=14)
        assert lapses_on(made.application) == clock.today() + timedelta(days=14)
        assert AuditEntry.objects.get(act="application.policy").detail["waits_days"] == 14
    with clock.frozen(NOON + timedelta(days=13)), in_chain(), refused("application_lapsed_too_early"):
        _lapse(made, clerk, store_id)
    with clock.frozen(NOON + timedelta(days=14)), in_chain():
        assert _lapse(made, clerk, store_id).state == "LAPSED"


def test_after_thirty_days_the_card_is_put_away_and_the_fee_stays(
    in_chain: InChain, granted: Callable[..., MadeLink], clerk: Actor, store_id: int
) -> None:
    """R-A13."""
    made = granted()
    with in_chain(), refused("application_lapsed_too_early"):
        assert lapses_on(made.application) == clock.today() + timedelta(days=30)
        _lapse(made, clerk, store_id)
    with clock.frozen(LATER), in_chain():
        done = _lapse(made, clerk, store_id)
        assert (done.state, done.forget_on) == ("LAPSED", clock.today() + timedelta(days=90))
        card = Card.objects.get(pk=made.card.pk)
        assert (card.status, GrantedCard.objects.count()) == ("COLLECTED", 1)
        assert "一直没有领卡" in last_text()
        with refused("pin_link_useless"):
            link_behind(made.url.rstrip("/").rpartition("/")[2])
        event = Event.objects.order_by("-pk")[0]
        assert (event.kind, event.payload["card"]) == ("card_application.lapsed", card.number)
        assert AuditEntry.objects.filter(act="application.lapse", object_id=done.number).count() == 1
    for act in (lambda: _lapse(made, clerk, store_id), lambda: _hand_over(made, clerk)):
        with clock.frozen(LATER), in_chain(), refused("application_step_forbidden"):
            act()


def _hand_over(made: MadeLink, clerk: Actor) -> Application:
    return hand_over(actor=clerk, number=made.application.number, original_seen=True)


def test_one_that_was_sent_counts_from_then_and_its_plastic_is_gone(
    in_chain: InChain, granted: Callable[..., MadeLink], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        ApplicationPolicy.objects.update_or_create(pk=1, defaults={"delivery_offered": True})
    made = granted(handing="DELIVERY", address="上海市静安区南京西路 1 号")
    with clock.frozen(NOON + timedelta(days=10)), in_chain():
        send(actor=clerk, number=made.application.number, parcel="顺丰 1")
    with clock.frozen(LATER), in_chain(), refused("application_lapsed_too_early"):
        _lapse(made, clerk, store_id)
    with clock.frozen(LATER + timedelta(days=10)), in_chain():
        _lapse(made, clerk, store_id, card_is_here=False)
        assert Card.objects.get(pk=made.card.pk).status == "WITHDRAWN"


def test_a_card_that_is_in_use_is_nobodys_to_put_away(
    in_chain: InChain, granted: Callable[..., MadeLink], clerk: Actor, store_id: int
) -> None:
    made = granted()
    with in_chain():
        activate_card(actor=clerk, number=made.card.number, store_id=store_id)
    with clock.frozen(LATER), in_chain(), refused("application_step_forbidden"):
        _lapse(made, clerk, store_id)
    with in_chain():
        assert Card.objects.get(pk=made.card.pk).status == "ACTIVE"


def test_whoever_may_issue_there_may_put_away_and_nobody_else(
    in_chain: InChain, granted: Callable[..., MadeLink], store_id: int
) -> None:
    made = granted()
    here = frozenset({store_id})
    for grants in ({}, {Act.CARD_COLLECT: here}, {Act.CARD_ISSUE: frozenset({store_id + 1})}):
        with clock.frozen(LATER), in_chain(), pytest.raises(NotAllowed):
            _lapse(made, Actor(kind="staff", id=8, grants=grants), store_id)
    with clock.frozen(LATER), in_chain():
        _lapse(made, Actor(kind="staff", id=8, grants={Act.CARD_ISSUE: here}), store_id)


def test_she_may_apply_again(
    in_chain: InChain, granted: Callable[..., MadeLink], submitted: Submitted, clerk: Actor, store_id: int
) -> None:
    made = granted()
    with clock.frozen(LATER), in_chain():
        _lapse(made, clerk, store_id)
    with clock.frozen(LATER):
        assert submitted().state == "SUBMITTED"
