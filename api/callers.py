"""Who calls: ``Authorization: Bearer kyn_…``, looked up at each request, so that a revoked key ends at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.db import connection
from django.http import HttpRequest

from billing.subscriptions.entitlements import has_module, module_missing
from kernel.db import PUBLIC_SCHEMA, quote_schema
from kernel.errors import DomainError
from kernel.observability import context
from ledger.engine import arrays
from ledger.engine.trip import Trip
from tenants.people.domain import Actor
from tenants.people.queries import api_keys_by_prefix_sql
from tenants.people.services import InvalidApiKey, parse_api_key, verify_api_key

_SCHEME: Final = "bearer"
MODULE: Final = "open_api"
"""What a chain must have subscribed to."""
_STATEMENTS_KEPT: Final = 2048


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of its caller; nothing of it is believed yet."""

    schema_name: str
    prefix: str
    secret: str
    store_code: str | None
    subscribed: bool
    """Whether the chain has the API among its modules. Said only to whoever holds a key of the chain."""


@dataclass(frozen=True, slots=True)
class NamedStore:
    """The store that a request names. What happened on its last day or before may still be posted."""

    id: int
    name: str
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever holds the key, and the store that the request names, if it names one that exists."""

    actor: Actor
    schema_name: str
    store: NamedStore | None


def claim_of(request: HttpRequest, *, store_code: str | None = None) -> Claim:
    """What the request claims, in the chain of its host.

    Raises:
        InvalidApiKey: nothing that could be a key, or not at a chain's host.
    """
    scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    schema_name: str = connection.schema_name  # type: ignore[attr-defined]
    if scheme.lower() != _SCHEME or schema_name == PUBLIC_SCHEMA:
        raise InvalidApiKey
    prefix, secret = parse_api_key(raw.strip())
    subscribed = has_module(request.chain, MODULE)  # type: ignore[attr-defined]
    return Claim(schema_name, prefix, secret, store_code, subscribed)


def identify(claim: Claim) -> Caller:
    """The caller. One trip, whether a store is named or not.

    Raises:
        InvalidApiKey: none of this chain's keys that is in force.
        ModuleNotEnabled: the chain has not subscribed to the API.
    """
    (caller,) = identify_many(claim.schema_name, [claim])
    if isinstance(caller, DomainError):
        raise caller
    context.bind(actor=str(caller.actor))
    return caller


def identify_many(schema_name: str, claims: Sequence[Claim]) -> list[Caller | DomainError]:
    """The callers behind claims of one chain, in order. One trip, whatever their number."""
    keys, stores = _read(schema_name, claims)
    return [_verified(claim, keys.get(claim.prefix), stores.get(claim.store_code)) for claim in claims]


def _verified(claim: Claim, row: Any, store: NamedStore | None) -> Caller | DomainError:
    try:
        actor = verify_api_key(row, secret=claim.secret)
    except InvalidApiKey as refusal:
        return refusal
    if not claim.subscribed:
        return module_missing(MODULE)
    return Caller(actor=actor, schema_name=claim.schema_name, store=store)


def _read(schema_name: str, claims: Sequence[Claim]) -> tuple[dict[str, Any], dict[str | None, NamedStore]]:
    """On the raw connection, which the posting will use next: the statements name their schemas in full."""
    keys_sql, stores_sql = _statements(schema_name)
    codes = {claim.store_code for claim in claims if claim.store_code is not None}
    connection.ensure_connection()
    with connection.wrap_database_errors:
        trip = Trip(connection.connection)
        keys = trip.send(keys_sql, arrays.texts({claim.prefix for claim in claims}))
        stores = trip.send(stores_sql, arrays.texts(codes)) if codes else None
        trip.make()
    # Django has psycopg hand over JSON as text.
    found = {
        prefix: (key_id, name, digest, msgspec.json.decode(acts), store_id)
        for prefix, key_id, name, digest, acts, store_id in keys.rows()
    }
    return found, {code: NamedStore(*rest) for code, *rest in stores.rows()} if stores is not None else {}


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _statements(schema_name: str) -> tuple[str, str]:
    keys = api_keys_by_prefix_sql(schema_name).replace("%s", "$1")
    stores = (
        f"SELECT code, id, name, closed_on FROM {quote_schema(schema_name)}.stores_store "  # noqa: S608 - our own text
        "WHERE code = ANY (ARRAY(SELECT unnest($1::text[])))"
    )
    return keys, stores
