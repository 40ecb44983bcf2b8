"""Who calls: ``Authorization: Bearer kyn_…``, looked up at each request, so that a revoked key ends at once."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import msgspec
from django.db import connection
from django.http import HttpRequest

from kernel.db import PUBLIC_SCHEMA, quote_schema
from kernel.observability import context
from ledger.engine.trip import Trip
from tenants.people.domain import Actor
from tenants.people.queries import API_KEY_COLUMNS, api_key_by_prefix_sql
from tenants.people.services import InvalidApiKey, parse_api_key, verify_api_key

_SCHEME: Final = "bearer"
_KEY_COLUMNS: Final = len(API_KEY_COLUMNS)
_STATEMENTS_KEPT: Final = 2048


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


def identify(request: HttpRequest, *, store_code: str | None = None) -> Caller:
    """The caller, in the chain of the request's host. One trip, whether a store is named or not.

    Raises:
        InvalidApiKey: no key, or none of this chain's that is in force.
    """
    scheme, _, raw = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    schema_name: str = connection.schema_name  # type: ignore[attr-defined]
    if scheme.lower() != _SCHEME or schema_name == PUBLIC_SCHEMA:
        raise InvalidApiKey
    prefix, secret = parse_api_key(raw.strip())
    row = _read(schema_name, prefix, store_code)
    actor = verify_api_key(row and row[:_KEY_COLUMNS], secret=secret)
    context.bind(actor=str(actor))
    store = NamedStore(*row[_KEY_COLUMNS:]) if row and row[_KEY_COLUMNS] is not None else None
    return Caller(actor=actor, schema_name=schema_name, store=store)


def _read(schema_name: str, prefix: str, store_code: str | None) -> tuple[Any, ...] | None:
    """On the raw connection, which the posting will use next: the statement names its schemas in full."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        trip = Trip(connection.connection)
        answer = trip.send(_statement(schema_name), prefix, store_code or "")
        trip.make()
    rows = answer.rows()
    if not rows:
        return None
    key_id, name, digest, acts, *rest = rows[0]
    # Django has psycopg hand over JSON as text.
    return key_id, name, digest, msgspec.json.decode(acts), *rest


@lru_cache(maxsize=_STATEMENTS_KEPT)
def _statement(schema_name: str) -> str:
    by_prefix = api_key_by_prefix_sql(schema_name).replace("%s", "$1::text")
    return (
        "SELECT key.*, store.id, store.name, store.closed_on "  # noqa: S608 - both parts are our own text
        f"FROM ({by_prefix}) AS key "
        f"LEFT JOIN {quote_schema(schema_name)}.stores_store AS store ON store.code = $2::text"
    )
