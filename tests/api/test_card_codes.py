"""A card looked up by the code that its holder's telephone shows."""

from membership.cards.models import Card
from membership.devices.services.codes import code_of
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act
from tenants.people.services import create_api_key
from tests.api.conftest import Shop, error_of


def test_the_code_leads_to_its_card_once_and_the_number_goes_on(shop: Shop) -> None:
    with shop.in_chain():
        code = code_of(Card.objects.get(number=shop.card)).text
        other = create_api_key(actor=SYSTEM, name="另一台", acts=[Act.CARD_VIEW], store_id=None)
    found = shop.get(f"/api/v1/cards/{code}")
    assert (found.status_code, found.json()["number"]) == (200, shop.card)
    assert code not in found.content.decode()
    assert shop.get(f"/api/v1/cards/{code}").status_code == 200, "the same till asks again: an answer was lost"
    assert error_of(shop.get(f"/api/v1/cards/{code}", key=other.raw)) == (409, "card_code_refused")
    assert shop.post(shop.asked(card_number=found.json()["number"])).status_code == 201
    assert error_of(shop.get(f"/api/v1/cards/{code[:-1]}{(int(code[-1]) + 1) % 10}")) == (409, "card_code_refused")
    with shop.in_chain():
        entry = AuditEntry.objects.get(act="card.present")
        assert (entry.object_id, entry.actor.partition(":")[0]) == (shop.card, "api")


def test_a_key_that_may_not_see_cards_uses_up_no_code(shop: Shop) -> None:
    with shop.in_chain():
        code = code_of(Card.objects.get(number=shop.card)).text
        blind = create_api_key(actor=SYSTEM, name="只收银", acts=[Act.VALUE_CONSUME], store_id=None)
    assert error_of(shop.get(f"/api/v1/cards/{code}", key=blind.raw)) == (403, "not_allowed")
    assert shop.get(f"/api/v1/cards/{code}").json()["number"] == shop.card
