"""Chains that wait: for work that has been due for too long (in any outbox or to-do list, by the questions the sweeper
asks), or for this release's migrations.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import DEFAULT_DB_ALIAS

from kernel import clock, due
from kernel.db import PUBLIC_SCHEMA, ask_all
from kernel.mail import queries as mail_queries
from tenants.chains.domain import TEMPLATE_SCHEMA, ChainState
from tenants.chains.models import Chain
from tenants.chains.sweeping import schemas_due
from tenants.chains.versions import pending

PATIENCE: Final = timedelta(minutes=10)
"""Longer than a worker that lives ever needs, pauses after failures apart."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """One kind of work: where some is due, and where some has been for ``PATIENCE``."""

    task: str
    due: int
    overdue: tuple[str, ...]
    """Names of schemas."""


def overdue() -> list[Overdue]:
    """Each kind of work that may wait in a chain, or in public. A statement asks some hundred schemas at once."""
    active = _active()
    asked = [
        ("mail.deliver_due", [PUBLIC_SCHEMA, *active], mail_queries.DUE),
        *((task, active, question) for task, question in sorted(due.QUESTIONS.items())),
    ]
    now = clock.now()
    return [
        Overdue(
            task=task,
            due=len(schemas_due(names, question, at=now)),
            overdue=tuple(schemas_due(names, question, at=now - PATIENCE)),
        )
        for task, names, question in asked
    ]


def late_schemas() -> list[str]:
    """Schemas that lack a migration of this release, or are not there: public, the template, and chains in use."""
    names = [PUBLIC_SCHEMA, TEMPLATE_SCHEMA, *_active()]
    complete = set(ask_all(names, _complete))
    return [name for name in names if name not in complete]


def _complete(names: Sequence[str]) -> list[str]:
    late = set(pending(names, using=DEFAULT_DB_ALIAS))
    return [name for name in names if name not in late]


def _active() -> list[str]:
    active = Chain.objects.filter(state=ChainState.ACTIVE).order_by("pk")
    return list(active.values_list("schema_name", flat=True))
