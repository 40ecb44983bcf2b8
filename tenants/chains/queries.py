"""Reading chains."""

import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.conf import settings
from django.db import connection

from kernel.db import qualified
from tenants.chains.domain import ChainState, slug_of

# Long enough that the look-up costs nothing, short enough that closing a chain takes effect at once for people.
KEPT_S: Final = 5.0
# A request may outlive what was remembered when it began.
_SCHEMAS_KEPT_S: Final = 2 * KEPT_S
_HOSTS_MAX: Final = 10_000

# By slug under the configured base, so that a database that was restored or moved answers where it is now; by the
# whole name for any other.
_AT_HOST: Final = """
SELECT id, schema_name, slug, name, plan, state, owner_id, held_from, created_at, modules FROM (
    SELECT 1 AS place, c.* FROM public.chains_chain c WHERE c.slug = %(slug)s
    UNION ALL
    SELECT 2, c.* FROM public.chains_domain d JOIN public.chains_chain c ON c.id = d.tenant_id
    WHERE d.domain = %(host)s
) AS found ORDER BY place LIMIT 1
"""
_COLUMNS: Final = "id, schema_name, slug, name, plan, state, owner_id, held_from, created_at, modules"
_OF_SCHEMA: Final = f"SELECT {_COLUMNS} FROM public.chains_chain WHERE schema_name = %s"  # noqa: S608


@dataclass(frozen=True, slots=True)
class CurrentChain:
    """The chain that a request is for, as read by its host name: ``request.chain``."""

    id: int
    schema_name: str
    slug: str
    name: str
    plan: str
    state: str
    owner_id: int
    held_from: date | None = None
    """The day from which it may promise its members nothing new, as it owes the platform."""
    created_at: datetime | None = None
    modules: tuple[int, ...] = ()
    """The modules it has subscribed to, by number."""


_by_host: dict[str, tuple[float, CurrentChain]] = {}
_by_schema: dict[str, tuple[float, CurrentChain]] = {}


def chain_at(host: str) -> CurrentChain | None:
    """The chain that answers at the host, or None. Active ones are remembered for seconds, in this process."""
    kept = _by_host.get(host)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_AT_HOST, {"host": host, "slug": slug_of(host, base_domain=settings.BASE_DOMAIN)})
        row = cursor.fetchone()
    if row is None:
        return None
    chain = CurrentChain(*(*row[:-1], tuple(row[-1])))
    if chain.state == ChainState.ACTIVE:
        if len(_by_host) >= _HOSTS_MAX:
            _by_host.clear()
        _by_host[host] = (time.monotonic() + KEPT_S, chain)
        _remember(chain)
    return chain


def chain_of(schema_name: str) -> CurrentChain | None:
    """The chain whose schema it is, or None. Where a request has asked by host just now, this costs no query."""
    kept = _by_schema.get(schema_name)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_OF_SCHEMA, [schema_name])
        row = cursor.fetchone()
    if row is None:
        return None
    chain = CurrentChain(*(*row[:-1], tuple(row[-1])))
    _remember(chain)
    return chain


def forget_hosts() -> None:
    """Forget what this process remembers of hosts and of schemas."""
    _by_host.clear()
    _by_schema.clear()


def _remember(chain: CurrentChain) -> None:
    if len(_by_schema) >= _HOSTS_MAX:
        _by_schema.clear()
    _by_schema[chain.schema_name] = (time.monotonic() + _SCHEMAS_KEPT_S, chain)
