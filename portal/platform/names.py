"""Names of the platform's staff, whom rows name by kind and number (``platform:3``)."""

from collections.abc import Iterable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.people.models import User

_PREFIX: Final = "platform:"
_NOBODY: Final[Mapping[str, Promise]] = {"kayun": _("系统"), "price list": _("公布的价目表")}
"""Who stands where nobody acted: the first price book came with the program and follows the published list."""


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """By actor: what the person is called. Who is neither of the staff nor the program is missing."""
    actors = set(actors)
    ids = {int(actor.removeprefix(_PREFIX)) for actor in actors if actor.startswith(_PREFIX)}
    people = {f"{_PREFIX}{user.pk}": user.name or user.email for user in User.objects.filter(pk__in=ids)}
    return people | {actor: str(word) for actor, word in _NOBODY.items() if actor in actors}
