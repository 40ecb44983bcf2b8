"""Chains as the platform's staff look for them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Q, QuerySet

from kernel.db import ask_all, qualified, quote_schema
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain

# Along the keys, whose order is that of time: neither table is read.
_LAST: Final = """
    ({place}, greatest(
        (SELECT created_at FROM {s}.ledger_posting ORDER BY id DESC LIMIT 1),
        (SELECT occurred_at FROM {s}.audit_auditentry ORDER BY id DESC LIMIT 1)))
"""


def find_chains(
    *, text: str = "", state: str = "", plan: str = "", owing: bool = False, before: int | None = None, size: int = 50
) -> list[Chain]:
    """Chains with their owners, the newest first; ``before``: older than that one. ``text`` is part of a name or of the
    owner's, or the beginning of a slug or an address; ``owing``: those that owe the platform.
    """
    found: QuerySet[Chain] = Chain.objects.select_related("owner").order_by("-pk")
    for word in text.split():
        found = found.filter(
            Q(slug__startswith=word.lower())
            | Q(name__icontains=word)
            | Q(owner__name__icontains=word)
            | Q(owner__email__istartswith=word)
        )
    if state in ChainState.values:
        found = found.filter(state=state)
    if plan:
        found = found.filter(plan=plan)
    if owing:
        found = found.exclude(held_from=None)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:size])


def unfinished_chains(*, size: int) -> list[Chain]:
    """Chains on the way that have not come through at the first try, and those given up; the latest touched first."""
    astray = Q(state=ChainState.FAILED) | (
        Q(state__in=[ChainState.REQUESTED, ChainState.PROVISIONING, ChainState.CLOSING]) & ~Q(attempts=0)
    )
    return list(Chain.objects.filter(astray).select_related("owner").order_by("-touched_at", "-pk")[:size])


def last_active(chains: Collection[Chain]) -> Mapping[int, datetime]:
    """By chain: when anything was last posted or done there. Only chains in use have a schema to ask."""
    return dict(ask_all((chain for chain in chains if chain.state == ChainState.ACTIVE), _last_active))


def _last_active(chains: Sequence[Chain]) -> list[tuple[int, datetime]]:
    rows = ", ".join(_LAST.format(place=int(chain.pk), s=quote_schema(chain.schema_name)) for chain in chains)
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id, at FROM (VALUES {rows}) AS t (id, at) WHERE at IS NOT NULL")  # noqa: S608
        return list(cursor.fetchall())
