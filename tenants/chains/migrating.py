"""`kayun migrate`: every schema brought up to date, each in one transaction of its own.

A schema is therefore on the old version or on the new one, never between; the run can be broken off and repeated; and
while it lasts, chains on both versions are served (a migration must suit the code before and after it).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from django.db import connections

from kernel.db import PUBLIC_SCHEMA, in_public
from tenants.chains import schemas, spares, template
from tenants.chains.beside import migrating_beside, wait_for_orphans
from tenants.chains.domain import CHAIN_PREFIX, TEMPLATE_SCHEMA
from tenants.chains.versions import OWNER, pending, schemas_with_migrations

_log = logging.getLogger(__name__)

# One run at a time over all machines; a killed run's session ends and with it the lock.
_ADVISORY_LOCK: Final = 0x6B61_7975_6E00_0001


@dataclass(slots=True)
class Outcome:
    """What a run did, by schema."""

    applied: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    spares_made: int = 0


class ChainsNotMigrated(Exception):
    """Some chains could not be brought up to date; they are as they were, all others are up to date."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in outcome.failed.items()))


def migrate_everything() -> Outcome:
    """Bring public, the template, the spares and every chain up to date.

    The template goes before the chains: from then on new chains are made by the new version, and those that were being
    made are waited for, so that the list of chains taken afterwards misses none. A chain that fails does not stop the
    others.

    Raises:
        ChainsNotMigrated: after all others are done.
        DatabaseError: public or the template failed, on which all else stands.
    """
    outcome = Outcome()
    with _alone():
        found = schemas_with_migrations()
        if not found:
            _begin_with(outcome)
            found = schemas_with_migrations()
        late = pending(found)
        if PUBLIC_SCHEMA in late or PUBLIC_SCHEMA not in found:
            outcome.applied[PUBLIC_SCHEMA] = schemas.migrate(PUBLIC_SCHEMA)
        if TEMPLATE_SCHEMA in late or not template.is_current():
            outcome.applied.setdefault(TEMPLATE_SCHEMA, []).extend(_renew_template())
            late = pending(schemas_with_migrations())
        for name in late:
            if name.startswith(CHAIN_PREFIX):
                _migrate_chain(name, outcome)
        outcome.spares_made = spares.refill()
    if outcome.failed:
        raise ChainsNotMigrated(outcome)
    return outcome


def _begin_with(outcome: Outcome) -> None:
    """An empty database. Public and the template need nothing of each other: a process each."""
    with migrating_beside(TEMPLATE_SCHEMA) as template_too:
        outcome.applied[PUBLIC_SCHEMA] = schemas.migrate(PUBLIC_SCHEMA)
        outcome.applied[TEMPLATE_SCHEMA] = template_too.result()


def _renew_template() -> list[str]:
    applied = schemas.migrate(TEMPLATE_SCHEMA)
    script = template.dump()
    with in_public(using=OWNER):
        template.replace(script)
        spares.drop_all()
    return applied


def _migrate_chain(name: str, outcome: Outcome) -> None:
    try:
        outcome.applied[name] = schemas.migrate(name)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other chains come first; it is raised at the end
        _log.exception("chain not migrated: %s", name)
        outcome.failed[name] = str(error).strip()


@contextmanager
def _alone() -> Iterator[None]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
    wait_for_orphans()
    try:
        yield
    finally:
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
