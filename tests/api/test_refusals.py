"""Bad input: each refusal has a stable code, and nothing was changed."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.test import Client

from api.faults import fault_of
from kernel import clock
from kernel.db import in_public
from kernel.db.reaching import NotConnected
from membership.cards.services import report_lost, set_locked
from membership.cashier import fast
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tenants.chains.services import set_entitlements
from tenants.people.domain import SYSTEM, Act
from tenants.people.services import create_api_key, revoke_api_key
from tests import cast
from tests.api.conftest import Shop, error_of

SHAPES: list[tuple[dict[str, Any], int, str]] = [
    ({"amount_fen": 0}, 422, "amount_not_positive"),
    ({"amount_fen": -1}, 422, "amount_not_positive"),
    ({"amount_fen": 10**30}, 422, "amount_too_large"),
    ({"amount_fen": 10**12 + 1}, 422, "amount_too_large"),
    *(
        (change, 400, "invalid_request")
        for change in (
            {"amount_fen": 19.9},
            {"amount_fen": 1990.0},
            {"amount_fen": "1990"},
            {"amount_fen": True},
            {"amount_fen": None},
            {"amount_fe": 1},
            {"card_number": ""},
            {"card_number": "88\u0000"},
            {"card_number": "8" * 33},
            {"store_code": None},
            {"reference": "a\nb"},
            {"reference": "x" * 65},
            {"occurred_at": "yesterday"},
            {"occurred_at": "2026-03-01T12:00:00"},
        )
    ),
]


@pytest.mark.parametrize(("change", "status", "code"), SHAPES)
def test_a_body_of_another_shape_is_refused(shop: Shop, change: dict[str, Any], status: int, code: str) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(**change))) == (status, code)
    assert shop.books() == before


NOT_JSON = [b"", b"{", b"[1", b'{"amount_fen": 1} x', b"\xff\xfe", b'{"reference": "\xff"}']
# Where a field is unknown, what stands in it is read only to tell whether the whole is JSON.
TOO_DEEP = [b"[" * 3000, b'{"a":' * 1300, b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}"]


@pytest.mark.parametrize("raw", [*NOT_JSON, *TOO_DEEP])
def test_what_is_not_json_is_refused(shop: Shop, raw: bytes) -> None:
    before = shop.books()
    assert error_of(shop.post(raw)) == (400, "malformed_json")
    assert shop.books() == before


FAULTS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"amount_fen": 1.5}, {"field": "amount_fen", "reason": "wrong_type", "expected": "integer", "got": "number"}),
    ({"reference": 7}, {"field": "reference", "reason": "wrong_type", "expected": "string", "got": "integer"}),
    (
        {"occurred_at": 5},
        {"field": "occurred_at", "reason": "wrong_type", "expected": "string | null", "got": "integer"},
    ),
    ({"amount_fe": 1}, {"field": "amount_fe", "reason": "unknown_field"}),
    ({"": 1}, {"field": "$", "reason": "unknown_field"}),
    ({"`}": 1}, {"field": "`}", "reason": "unknown_field"}),
    ({"x" * 99: 1}, {"field": "x" * 64, "reason": "unknown_field"}),
    ({"store_code": None}, {"field": "store_code", "reason": "missing_field"}),
    ({"card_number": ""}, {"field": "card_number", "reason": "bad_format"}),
    ({"occurred_at": "yesterday"}, {"field": "occurred_at", "reason": "bad_moment"}),
    ({"occurred_at": "2026-03-01T12:00:00"}, {"field": "occurred_at", "reason": "bad_moment"}),
]


@pytest.mark.parametrize(("change", "params"), FAULTS)
def test_the_faulty_field_and_what_is_wrong_with_it_are_named(
    shop: Shop, change: dict[str, Any], params: dict[str, Any]
) -> None:
    answer = shop.post(shop.asked(**change))
    assert error_of(answer) == (400, "invalid_request")
    assert answer.json()["error"]["params"] == params


def test_a_body_that_is_no_object_is_named_as_a_whole(shop: Shop) -> None:
    error = shop.post([]).json()["error"]
    assert error["params"] == {"field": "$", "reason": "wrong_type", "expected": "object", "got": "array"}
    assert error["message"] == "请求内容无效，未作任何更改。$：类型须为 object，收到的是 array"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"card_number": "1", "amount_fen": 1, "store_code": "1", "amount_fen": 2}', "amount_fen"),
        (b'{"card_number": "1", "amount_fen": 1, "store_code": "1", "amount_\\u0066en": 2}', "amount_fen"),
    ],
)
def test_a_field_that_is_there_twice_is_refused(shop: Shop, raw: bytes, field: str) -> None:
    before = shop.books()
    answer = shop.post(raw)
    assert error_of(answer) == (400, "invalid_request")
    assert answer.json()["error"]["params"] == {"field": field, "reason": "duplicate_field"}
    assert shop.books() == before


def test_what_msgspec_may_say_one_day_is_still_a_fault() -> None:
    fault = fault_of("Expected wonders - at `$.items[3].amount_fen`")
    assert fault.params == {"field": "items[3].amount_fen", "reason": "invalid"}


def test_a_conflict_names_the_key_as_it_was_sent(shop: Shop) -> None:
    for key in ("k-1", "k" * 200):
        assert shop.post(shop.asked(), idempotency_key=key).status_code == 201
        answer = shop.post(shop.asked(amount_fen=5), idempotency_key=key)
        assert error_of(answer) == (409, "idempotency_conflict")
        assert answer.json()["error"]["params"] == {"idempotency_key": key}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"idempotency_key": None}, 400, "idempotency_key_missing"),
        ({"idempotency_key": ""}, 400, "idempotency_key_missing"),
        ({"idempotency_key": "k" * 201}, 400, "idempotency_key_invalid"),
        ({"idempotency_key": "two words"}, 400, "idempotency_key_invalid"),
        ({"idempotency_key": "键"}, 400, "idempotency_key_invalid"),
        ({"content_type": "text/plain"}, 415, "unsupported_media_type"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        ({"authorization": None}, 401, "invalid_api_key"),
        ({"authorization": "Bearer "}, 401, "invalid_api_key"),
        ({"authorization": "Bearer kyn_abcdefghjk_wrong"}, 401, "invalid_api_key"),
        ({"authorization": "Basic a2V5OmtleQ=="}, 401, "invalid_api_key"),
        ({"authorization": "Bearer 钥匙"}, 401, "invalid_api_key"),
    ],
)
def test_bad_headers_are_refused(shop: Shop, headers: dict[str, str | None], status: int, code: str) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(), **headers)) == (status, code)
    assert shop.books() == before


def test_a_body_that_is_too_large_is_not_read(shop: Shop) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(reference="x" * 9000))) == (413, "body_too_large")
    assert shop.books() == before


def test_a_body_in_pieces_is_not_read(shop: Shop) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(), transfer_encoding="chunked")) == (411, "length_required")
    assert shop.books() == before


def test_who_is_unknown_learns_nothing_about_the_body(shop: Shop) -> None:
    assert error_of(shop.post(b"{", authorization="Bearer kyn_abcdefghjk_wrong")) == (401, "invalid_api_key")


def test_more_than_the_card_holds_is_refused(shop: Shop) -> None:
    before = shop.books()
    answer = shop.post(shop.asked(amount_fen=12_001))
    assert error_of(answer) == (409, "insufficient_balance")
    assert answer.json()["error"]["params"] == {"available": "¥120.00", "needed": "¥120.01"}
    assert shop.books() == before
    # A refused key is not used up.
    assert shop.post(shop.asked(amount_fen=12_000)).status_code == 201


def test_unknown_and_idle_cards_are_refused(shop: Shop) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(card_number="8899999999"))) == (404, "card_not_found")
    assert error_of(shop.post(shop.asked(card_number="8800000003"))) == (409, "card_idle")
    assert error_of(shop.get("/api/v1/cards/8899999999")) == (404, "card_not_found")
    assert error_of(shop.get("/api/v1/cards/88%00")) == (404, "card_not_found")
    assert shop.books() == before


def test_a_card_reported_lost_is_refused_at_once(shop: Shop) -> None:
    shop.post(shop.asked())
    with shop.in_chain():
        report_lost(actor=SYSTEM, number=shop.card, store_id=shop.store_id)
    before = shop.books()
    assert error_of(shop.post(shop.asked(), idempotency_key="k-2")) == (409, "card_lost")
    assert shop.books() == before
    card = shop.get(f"/api/v1/cards/{shop.card}").json()
    assert (card["usable"], card["refusal_code"], card["balance"]["total_fen"]) == (False, "card_lost", 10_010)


def test_a_locked_card_is_refused(shop: Shop) -> None:
    with shop.in_chain():
        set_locked(actor=SYSTEM, number=shop.card, locked=True, store_id=shop.store_id)
    before = shop.books()
    assert error_of(shop.post(shop.asked())) == (409, "card_locked")
    assert shop.books() == before


def test_an_unknown_store_is_refused(shop: Shop) -> None:
    before = shop.books()
    assert error_of(shop.post(shop.asked(store_code="999"))) == (404, "store_not_found")
    assert shop.books() == before


def test_what_is_too_old_or_yet_to_come_is_refused(shop: Shop) -> None:
    before = shop.books()
    for moment in (clock.now() - timedelta(days=8), clock.now() + timedelta(hours=1)):
        answer = shop.post(shop.asked(occurred_at=moment.isoformat()))
        assert error_of(answer) == (400, "invalid_request")
        assert answer.json()["error"]["params"]["field"] == "occurred_at"
    assert shop.books() == before


def test_a_revoked_key_ends_at_once(shop: Shop) -> None:
    assert shop.post(shop.asked()).status_code == 201
    with shop.in_chain():
        revoke_api_key(actor=SYSTEM, prefix=shop.key.split("_")[1])
    before = shop.books()
    answer = shop.post(shop.asked(), idempotency_key="k-2")
    assert error_of(answer) == (401, "invalid_api_key")
    assert answer["WWW-Authenticate"] == 'Bearer realm="kayun"'
    assert shop.books() == before


def test_a_key_of_another_chain_is_no_key_here(shop: Shop, other_chain: Chain) -> None:
    with shop.in_chain(other_chain):
        foreign = create_api_key(actor=SYSTEM, name="别家", acts=[Act.VALUE_CONSUME], store_id=None).raw
    before = shop.books()
    assert error_of(shop.post(shop.asked(), key=foreign)) == (401, "invalid_api_key")
    assert shop.books() == before


def test_a_key_without_the_act_or_of_another_store_is_refused(shop: Shop) -> None:
    with shop.in_chain():
        looks = create_api_key(actor=SYSTEM, name="看板", acts=[Act.CARD_VIEW], store_id=None).raw
        elsewhere = create_api_key(actor=SYSTEM, name="二店", acts=[Act.VALUE_CONSUME], store_id=shop.store_id + 1).raw
    before = shop.books()
    assert error_of(shop.post(shop.asked(), key=looks)) == (403, "not_allowed")
    assert error_of(shop.post(shop.asked(), key=elsewhere)) == (403, "not_allowed")
    assert error_of(shop.get(f"/api/v1/cards/{shop.card}", key=elsewhere)) == (403, "not_allowed")
    assert shop.books() == before


def test_other_addresses_and_methods_are_refused_in_the_same_shape(shop: Shop) -> None:
    assert error_of(shop.get("/api/v1/nothing")) == (404, "not_found")
    assert error_of(shop.post({}, path="/api/v2/consumptions")) == (404, "not_found")
    assert error_of(shop.get("/api/v1/consumptions")) == (405, "method_not_allowed")
    host = {"host": cast.host(shop.chain), "authorization": f"Bearer {shop.key}"}
    for path, allowed in (
        ("/api/v1/consumptions", "POST"), ("/api/v1/consumptions/batch", "POST"),
        (f"/api/v1/cards/{shop.card}", "GET, HEAD"), ("/api/v1/schema", "GET, HEAD"),
    ):  # fmt: skip
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
            answer: Any = Client().generic(method, path, headers=host)
            assert error_of(answer) == (405, "method_not_allowed"), (method, path)
            assert answer["Allow"] == allowed
    # Who is unknown is told that first.
    unknown: Any = Client().put("/api/v1/consumptions", headers={"host": host["host"]})
    assert error_of(unknown) == (401, "invalid_api_key")
    assert error_of(shop.post({}, path=f"/api/v1/cards/{shop.card}")) == (405, "method_not_allowed")
    missing = "/api/v1/consumptions/00000000-0000-0000-0000-000000000000"
    assert error_of(shop.get(missing)) == (404, "not_found")


def test_messages_follow_the_language_asked_for(shop: Shop) -> None:
    chinese = shop.post(b"{").json()["error"]["message"]
    english = shop.post(b"{", accept_language="en").json()["error"]["message"]
    assert chinese == "请求体不是有效的 JSON，未作任何更改。"
    assert english == "The request body is not valid JSON. Nothing was changed."
    wrong = shop.post(shop.asked(amount_fe=1), accept_language="en").json()["error"]["message"]
    assert wrong == "The request is not valid and nothing was changed. amount_fe: there is no such field"


def test_our_own_fault_is_answered_in_the_same_shape_and_undone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("欧阳雪 13800138000")

    monkeypatch.setattr(fast, "post_many", broken)
    before = shop.books()
    monkeypatch.setattr("tests.api.conftest.Client", lambda: Client(raise_request_exception=False))
    answer = shop.post(shop.asked())
    assert error_of(answer) == (500, "internal_error")
    assert "欧阳雪" not in answer.content.decode()
    assert shop.books() == before


def test_a_database_that_is_gone_is_told_apart_from_one_lost_on_the_way(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any, **__: Any) -> None:
        raise psycopg.OperationalError("the connection is lost")

    def gone(*_: Any, **__: Any) -> None:
        raise NotConnected

    before = shop.books()
    for failure, code in ((gone, "unavailable"), (lost, "outcome_unknown")):
        with monkeypatch.context() as patch:
            patch.setattr(fast, "post_many", failure)
            answer = shop.post(shop.asked())
        assert (*error_of(answer), answer["Retry-After"]) == (503, code, "5")
    assert shop.books() == before
    assert shop.post(shop.asked()).status_code == 201, "under the same key"


def test_the_api_is_a_module_that_must_be_on(shop: Shop) -> None:
    """A chain that has not subscribed is told what to add; whoever holds none of its keys learns nothing."""
    before = shop.books()
    with in_public():
        set_entitlements(chain_id=shop.chain.pk, plan="A", modules=[1, 4, 16, 19])
    forget_hosts()
    assert error_of(shop.post(shop.asked())) == (403, "module_not_enabled")
    assert error_of(shop.get(f"/api/v1/cards/{shop.card}")) == (403, "module_not_enabled")
    assert error_of(shop.post(shop.asked(), authorization="Bearer kyn_abcdefghjk_wrong")) == (401, "invalid_api_key")
    assert shop.books() == before
    with in_public():
        set_entitlements(chain_id=shop.chain.pk, plan="A", modules=[1, 4, 11, 16, 19])
    forget_hosts()
    assert shop.post(shop.asked()).status_code == 201
