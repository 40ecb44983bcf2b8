"""Names of the platform's staff, whom rows name by kind and number (``platform:3``)."""

from collections.abc import Iterable
from typing import Final

from tenants.people.models import User

_PREFIX: Final = "platform:"


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """By actor: what the person is called. Who is not of the staff is missing."""
    ids = {int(actor.removeprefix(_PREFIX)) for actor in actors if actor.startswith(_PREFIX)}
    return {f"{_PREFIX}{user.pk}": user.name or user.email for user in User.objects.filter(pk__in=ids)}
