"""Whatever is sent, the API answers in its own shape, never with a fault of ours, and the books stay sound."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.audit import audit_schema
from tests.api.conftest import Shop, error_of

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
_field = st.sampled_from(["card_number", "amount_fen", "store_code", "reference", "occurred_at"])
_amount = st.integers(min_value=-(10**20), max_value=10**20) | st.integers(min_value=1, max_value=300)
_soak = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)


@_soak
@given(changes=st.dictionaries(_field, _json, max_size=2), amount=_amount, key=st.text(max_size=20))
def test_changed_bodies(shop: Shop, changes: dict[str, Any], amount: int, key: str) -> None:
    body = {**shop.asked(amount_fen=amount), **changes}
    _answered(shop, json.dumps(body).encode(), key or "k")


@_soak
@given(raw=st.binary(max_size=60) | _json.map(lambda value: json.dumps(value).encode()))
def test_any_body(shop: Shop, raw: bytes) -> None:
    _answered(shop, raw, "k")


def _answered(shop: Shop, raw: bytes, key: str) -> None:
    answer = shop.post(raw, idempotency_key=key)
    if answer.status_code == 201:
        assert answer.json()["balance_after_fen"] >= 0
    else:
        status, _ = error_of(answer)
        assert 400 <= status < 500
    assert audit_schema(shop.chain.schema_name) == []
