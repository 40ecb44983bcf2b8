"""``POST /api/v1/consumptions/batch``: what a till kept while it was offline."""

from datetime import timedelta
from typing import Any

from kernel import clock
from tests.api.conftest import Shop, error_of

PATH = "/api/v1/consumptions/batch"


def _item(shop: Shop, key: str, amount_fen: int = 100, **changes: Any) -> dict[str, Any]:
    return {"idempotency_key": key, "card_number": shop.card, "amount_fen": amount_fen, **changes}


def _send(shop: Shop, *items: dict[str, Any]) -> Any:
    answer = shop.post({"store_code": shop.store_code, "items": list(items)}, path=PATH, idempotency_key=None)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_each_item_has_its_own_outcome_and_one_refusal_harms_no_other(shop: Shop) -> None:
    old = (clock.now() - timedelta(days=30)).isoformat()
    answer = _send(
        shop,
        _item(shop, "a", 11_900),
        _item(shop, "b", 200),
        _item(shop, "c", 100),
        _item(shop, "d", card_number="8899999999"),
        _item(shop, "e", -5),
        _item(shop, "f", occurred_at=old),
        _item(shop, "g", card_number=shop.second_card),
    )
    seen = [(one["idempotency_key"], one["status"], one.get("error", {}).get("code")) for one in answer["outcomes"]]
    assert seen == [
        ("a", 201, None),
        ("b", 409, "insufficient_balance"),
        ("c", 201, None),
        ("d", 404, "card_not_found"),
        ("e", 422, "amount_not_positive"),
        ("f", 400, "invalid_request"),
        ("g", 201, None),
    ]
    assert answer["charged_calls"] == 3
    balances = [one["consumption"]["balance_after_fen"] for one in answer["outcomes"] if one["status"] == 201]
    assert balances == [100, 0, 11_900]


def test_sending_the_whole_batch_again_does_nothing_twice(shop: Shop) -> None:
    items = [_item(shop, "a"), _item(shop, "b", 10**6), _item(shop, "c", card_number=shop.second_card)]
    first = _send(shop, *items)
    books = shop.books()

    again = _send(shop, *items)

    assert shop.books() == books
    assert again["charged_calls"] == 0
    assert [one.get("consumption") for one in again["outcomes"]] == [
        one.get("consumption") for one in first["outcomes"]
    ]
    assert [one.get("replayed", False) for one in again["outcomes"]] == [True, False, True]


def test_a_key_given_twice_in_one_batch_is_one_consumption(shop: Shop) -> None:
    answer = _send(shop, _item(shop, "a"), _item(shop, "a"), _item(shop, "a", 101))
    assert [one["status"] for one in answer["outcomes"]] == [201, 201, 409]
    assert answer["outcomes"][0]["consumption"] == answer["outcomes"][1]["consumption"]
    assert answer["charged_calls"] == 1


def test_a_batch_and_a_single_request_share_their_keys(shop: Shop) -> None:
    single = shop.post(shop.asked(), idempotency_key="a").json()
    (outcome,) = _send(shop, _item(shop, "a", 1990))["outcomes"]
    assert (outcome["replayed"], outcome["consumption"]) == (True, single)


def test_a_batch_of_another_shape_is_refused_whole(shop: Shop) -> None:
    before = shop.books()
    for items in ([], [_item(shop, f"k{number}") for number in range(1001)], [_item(shop, "two words")]):
        answer = shop.post({"store_code": shop.store_code, "items": items}, path=PATH)
        assert error_of(answer) == (400, "invalid_request")
    bad = shop.post({"store_code": shop.store_code, "items": [_item(shop, "a"), _item(shop, "b", 1.5)]}, path=PATH)
    assert bad.json()["error"]["params"]["field"] == "items[1].amount_fen"
    assert shop.books() == before


def test_a_thousand_at_once(shop: Shop) -> None:
    answer = _send(shop, *(_item(shop, f"k{number}", 10) for number in range(1000)))
    assert answer["charged_calls"] == 1000
    assert answer["outcomes"][-1]["consumption"]["balance_after_fen"] == 2_000


def test_a_fault_in_an_item_is_named_by_its_path(shop: Shop) -> None:
    good = b'{"idempotency_key": "a", "card_number": "1", "amount_fen": 1}'
    faults = {
        b'{"idempotency_key": "b", "card_number": "1", "amount_fen": 1, "amount_fen": 2}': "duplicate_field",
        b'{"idempotency_key": "b", "card_number": "1"}': "missing_field",
        b'{"idempotency_key": "b", "card_number": "1", "amount_fen": "1"}': "wrong_type",
    }
    for item, reason in faults.items():
        raw = b'{"store_code": "1", "items": [%s, %s]}' % (good, item)
        params = shop.post(raw, path="/api/v1/consumptions/batch").json()["error"]["params"]
        assert (params["field"], params["reason"]) == ("items[1].amount_fen", reason)
    empty = shop.post({"store_code": "1", "items": []}, path="/api/v1/consumptions/batch").json()["error"]["params"]
    assert empty == {"field": "items", "reason": "too_few", "limit": 1}
