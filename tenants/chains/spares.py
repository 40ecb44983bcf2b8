"""Schemas made in advance: a sign-up renames one in a millisecond instead of making one in a hundred."""

import secrets
from typing import Final

from django.db import transaction

from kernel import clock
from kernel.db import in_public
from tenants.chains import schemas, template
from tenants.chains.domain import SPARE_PREFIX
from tenants.chains.models import Spare
from tenants.chains.versions import OWNER

POOL: Final = 3
"""How many are kept ready."""


def refill(*, up_to: int = POOL) -> int:
    """Make spares until there are ``up_to``; how many were made. Each is a transaction of its own."""
    made = 0
    while _make_one(up_to):
        made += 1
    return made


def _make_one(up_to: int) -> bool:
    with in_public(using=OWNER):
        current = template.hold()
        if Spare.objects.using(OWNER).filter(fingerprint=current.fingerprint).count() >= up_to:
            return False
        name = SPARE_PREFIX + secrets.token_hex(6)
        template.replay(current, schema_name=name)
        Spare.objects.using(OWNER).create(schema_name=name, fingerprint=current.fingerprint, made_at=clock.now())
        return True


def claim(*, schema_name: str) -> bool:
    """Turn a spare into the schema of that name, or make it where none is left; whether a spare was used.

    In the caller's transaction, in public, as the owner.
    """
    current = template.hold()
    spare = (
        Spare.objects.using(OWNER)
        .filter(fingerprint=current.fingerprint)
        .select_for_update(skip_locked=True)
        .order_by("id")
        .first()
    )
    if spare is None:
        template.replay(current, schema_name=schema_name)
        return False
    schemas.rename(spare.schema_name, schema_name)
    spare.delete()
    return True


def drop_all() -> None:
    """Drop every spare: they were made from a template that is being replaced.

    In the caller's transaction, in public, as the owner.
    """
    with transaction.atomic(using=OWNER):
        for spare in Spare.objects.using(OWNER).select_for_update():
            schemas.drop(spare.schema_name)
            spare.delete()
