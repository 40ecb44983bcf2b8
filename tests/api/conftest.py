"""A shop that the API's tests share: a chain with one store, a card that holds ¥120, and a key for its till."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from kernel.db import qualified
from kernel.money import Money
from membership.cards.domain import NumberRange
from membership.cards.models import CardLevel
from membership.cards.services import issue_card, make_cards
from membership.cashier.services import top_up
from membership.members.services import create_member
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Act
from tenants.people.services import create_api_key
from tenants.stores.models import Store
from tests import cast

_BOOKS = ("ledger_posting", "ledger_entry", "ledger_lot", "ledger_draw", "ledger_account", "records_record")


@dataclass(frozen=True)
class Shop:
    """What a till knows, and ways to ask and to look."""

    chain: Chain
    in_chain: Callable[..., AbstractContextManager[None]]
    key: str
    store_code: str
    store_id: int
    card: str
    second_card: str

    def post(
        self, body: Any = None, *, path: str = "/api/v1/consumptions", key: str | None = None, **headers: str | None
    ) -> HttpResponse:
        """POST as the till does. A header given as None is left out; a body that is bytes goes as it is."""
        sent = {"authorization": f"Bearer {key or self.key}", "idempotency-key": "k-1", "host": cast.host(self.chain)}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else json.dumps(body)
        content_type = given.pop("content-type", "application/json")
        return Client().post(
            path,
            data=raw,
            content_type=content_type,
            headers={name: value for name, value in {**sent, **given}.items() if value is not None},
        )

    def get(self, path: str, *, key: str | None = None) -> HttpResponse:
        """GET as the till does."""
        headers = {"authorization": f"Bearer {key or self.key}", "host": cast.host(self.chain)}
        return Client().get(path, headers=headers)

    def asked(self, **changes: Any) -> dict[str, Any]:
        """A consumption of ¥19.90 on the card, with changes; a field given as None is left out."""
        body = {"card_number": self.card, "amount_fen": 1990, "store_code": self.store_code, **changes}
        return {name: value for name, value in body.items() if value is not None}

    def books(self) -> Mapping[str, Any]:
        """Everything that a consumption could change."""
        with qualified(), connection.cursor() as cursor:
            found = {}
            for table in _BOOKS:
                cursor.execute(f"SELECT * FROM {self.chain.schema_name}.{table} ORDER BY 1, 2, 3")
                found[table] = cursor.fetchall()
        return found


def error_of(response: HttpResponse) -> tuple[int, str]:
    """Status and code of a refusal, whose shape is checked on the way."""
    answer = response.json()
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message", "params", "request_id"}
    assert answer["error"]["request_id"] == response["X-Request-ID"]
    return response.status_code, answer["error"]["code"]


@pytest.fixture
def shop(chain: Chain, in_chain: Callable[..., AbstractContextManager[None]]) -> Shop:
    """The shop, open."""
    with in_chain():
        store = Store.objects.get()
        level = CardLevel.objects.order_by("rank").first()
        assert level is not None
        made = make_cards(actor=SYSTEM, level_code=level.code, numbers=NumberRange("88", 1, 3), store_id=store.pk)
        cards = [f"88{serial:08}" for serial in (1, 2)]
        assert made.first == cards[0]
        for number, phone in zip(cards, ("13800138000", "13800138001"), strict=True):
            member = create_member(actor=SYSTEM, name="欧阳雪", phone=phone, store_id=store.pk)
            issue_card(actor=SYSTEM, number=number, member=member, store_id=store.pk)
            top_up(
                actor=SYSTEM,
                card_number=number,
                paid=Money(10_000),
                bonus=Money(2_000),
                store_id=store.pk,
                idempotency_key=f"top-up-{number}",
            )
        acts = [Act.VALUE_CONSUME, Act.CARD_VIEW]
        key = create_api_key(actor=SYSTEM, name="收银软件", acts=acts, store_id=None)
    return Shop(
        chain=chain,
        in_chain=in_chain,
        key=key.raw,
        store_code=store.code,
        store_id=store.pk,
        card=cards[0],
        second_card=cards[1],
    )
