"""The description for machines says what the addresses really take and answer."""

from typing import Any

from django.test import Client

from tests import cast
from tests.api.conftest import Shop


def test_the_description_names_each_address_and_shape(shop: Shop) -> None:
    document: Any = shop.get("/api/v1/schema").json()
    methods = {path: sorted(set(found) & {"get", "post"}) for path, found in document["paths"].items()}
    assert methods == {
        "/api/v1/cards/{number}": ["get"],
        "/api/v1/consumptions": ["post"],
        "/api/v1/consumptions/batch": ["post"],
        "/api/v1/consumptions/{posting_id}": ["get"],
        "/api/v1/members/bulk": ["post"],
    }
    body = document["components"]["schemas"]["ConsumptionBody"]
    assert body["required"] == ["card_number", "amount_fen", "store_code"]
    assert body["additionalProperties"] is False
    posting = document["paths"]["/api/v1/consumptions"]["post"]
    assert posting["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/ConsumptionBody"
    }
    assert {"201", "400", "401", "403", "404", "409"} <= set(posting["responses"])
    assert [one["name"] for one in posting["parameters"]] == ["Idempotency-Key"]


def test_every_reference_in_it_leads_somewhere(shop: Shop) -> None:
    document: Any = shop.get("/api/v1/schema").json()
    for reference in _references(document):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


def test_a_browser_gets_the_description_too(shop: Shop) -> None:
    headers = {"accept": "text/html", "host": cast.host(shop.chain)}
    for path in ("/api/v1/schema", "/api/v1/schema?format=yaml"):
        answer = Client().get(path, headers=headers)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer.json()["openapi"].startswith("3.")
