"""Choosing a look. Requires the transaction of a request."""

from collections.abc import Iterable
from typing import Final

from billing.subscriptions.entitlements import Entitled, has_module, module_missing
from kernel.files.services import delete, keep
from membership.branding.domain import BLACK, LOGO_BYTES_MAX, WHITE, Colour, is_logo, logo_side, readable
from membership.branding.errors import ColourInvalid, ColourUnreadable, LogoInvalid
from membership.branding.models import Branding
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

MODULE: Final = "branding"


def choose(
    *,
    actor: Actor,
    chain: Entitled,
    colour: str = "",
    card_colour: str = "",
    logo: bytes | None = None,
    remove_logo: bool = False,
) -> Branding:
    """Set the chain's look as a whole; ``logo`` None leaves the one there is. Colours as ``#rrggbb``, empty for the
    house's own.

    Raises:
        ModuleNotEnabled, NotAllowed
        ColourInvalid, ColourUnreadable, LogoInvalid: nothing was changed.
    """
    if not has_module(chain, MODULE):
        raise module_missing(MODULE)
    require(actor, Act.STORE_MANAGE)
    brand, card = _checked(colour), _parsed(card_colour)
    if logo is not None and not is_logo(logo):
        raise LogoInvalid(limit_kb=LOGO_BYTES_MAX // 1000)
    Branding.objects.get_or_create(pk=Branding.ONLY)
    look = Branding.objects.select_for_update(of=("self",)).select_related("logo").get(pk=Branding.ONLY)
    look.colour, look.card_colour = _text(brand), _text(card)
    before = look.logo
    if logo is not None:
        look.logo = keep(_whole(logo), filename="logo.png", content_type="image/png", actor=str(actor))
        look.logo_side = logo_side(logo)
    elif remove_logo:
        look.logo = look.logo_side = None
    look.version += 1
    look.save()
    if before is not None and before != look.logo:
        delete(before)
    detail = {"colour": look.colour, "card_colour": look.card_colour, "logo": look.logo is not None}
    record(actor, "branding.choose", object_type="branding", object_id=str(look.pk), detail=detail)
    return look


def _checked(text: str) -> Colour | None:
    found = _parsed(text)
    if found is not None and not readable(found):
        ratio, instead = found.contrast(WHITE), found.readable_on(WHITE, towards=BLACK)
        raise ColourUnreadable(colour=found, ratio=f"{ratio:.1f}", instead=instead)
    return found


def _parsed(text: str) -> Colour | None:
    if not text.strip():
        return None
    try:
        return Colour.parse(text)
    except ValueError:
        raise ColourInvalid from None


def _text(colour: Colour | None) -> str:
    return "" if colour is None else str(colour)


def _whole(content: bytes) -> Iterable[bytes]:
    yield content
