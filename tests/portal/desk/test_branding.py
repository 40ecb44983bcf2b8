"""A chain's own look: sold as a module, chosen at the desk, seen by its members, and by nobody else's."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing.pricebook.modules import MODULES_BY_CODE
from kernel.db import in_public
from membership.branding.models import Branding
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tests.membership.branding.test_domain import png
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id
from tests.portal.member.conftest import log_in
from tests.portal.people.conftest import owner_at_desk

__all__ = ["clerk", "holder", "idle_cards", "issue", "log_in", "owner_at_desk", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]
CHOICE = {"colour": "#7A1F3D", "card_colour": "#f2d5a0"}


def _subscribe(chain: Chain, *, on: bool) -> None:
    number = MODULES_BY_CODE["branding"].number
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(modules=[number] if on else [])
    forget_hosts()


def _logo(content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", png(192, 192) if content is None else content, "image/png")


@pytest.fixture
def branded(chain: Chain, owner_at_desk: Client) -> Chain:
    """云杉 has the module, a claret portal, sand-coloured cards and a logo."""
    _subscribe(chain, on=True)
    answer = owner_at_desk.post("/desk/branding/", CHOICE | {"logo": _logo()})
    assert answer.status_code == 302, answer.content.decode()
    return chain


def test_the_module_is_on_sale() -> None:
    assert MODULES_BY_CODE["branding"].offered


def test_what_is_chosen_at_the_desk_is_what_members_see(
    branded: Chain,
    client_of: Callable[..., Client],
    holder: Holder,
    log_in: Callable[[Holder], Client],
    in_chain: InChain,
) -> None:
    visitor = client_of(branded)
    for page in (visitor.get("/"), log_in(holder).get("/card/")):
        text = page.content.decode()
        assert text.index("portal/app.css") < text.index("/brand-1.css"), "what comes later holds"
        assert 'src="/brand-1.png"' in text
        assert "card-face-own" in text
        assert " style=" not in text
    style = visitor.get("/brand-1.css")
    assert (style["Content-Type"], style["Cache-Control"]) == ("text/css", "public, max-age=31536000, immutable")
    assert "--brand:#7a1f3d;" in style.content.decode()
    logo = visitor.get("/brand-1.png")
    assert (logo["Content-Type"], logo["X-Content-Type-Options"], logo.content) == (
        "image/png",
        "nosniff",
        png(192, 192),
    )
    told = visitor.get("/app.webmanifest").json()
    assert told["theme_color"] == "#7a1f3d"
    assert told["icons"] == [{"src": "/brand-1.png", "sizes": "192x192", "type": "image/png", "purpose": "any"}]
    with in_chain():
        (entry,) = AuditEntry.objects.filter(act="branding.choose")
    assert entry.detail == {"colour": "#7a1f3d", "card_colour": "#f2d5a0", "logo": True}


def test_another_choice_has_another_address_and_a_logo_can_go(
    branded: Chain, owner_at_desk: Client, client_of: Callable[..., Client]
) -> None:
    owner_at_desk.post("/desk/branding/", {"colour": "", "card_colour": "", "remove_logo": "on"})
    visitor = client_of(branded)
    assert [visitor.get(path).status_code for path in ("/brand-1.css", "/brand-2.css", "/brand-2.png")] == [
        404,
        200,
        404,
    ]
    assert visitor.get("/brand-2.css").content == b"\n"
    assert "brand-logo" not in visitor.get("/").content.decode()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"colour": "#ffee00"}, "colour_unreadable"),
        ({"colour": "red"}, "colour_invalid"),
        ({"card_colour": "#12345g"}, "colour_invalid"),
        ({"logo": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}, "logo_invalid"),
        ({"logo": png(300, 200)}, "logo_invalid"),
    ],
)
def test_what_cannot_be_read_or_is_no_picture_is_refused(
    branded: Chain, owner_at_desk: Client, in_chain: InChain, given: dict[str, Any], code: str
) -> None:
    sent = {name: _logo(value) if name == "logo" else value for name, value in given.items()}
    answer = owner_at_desk.post("/desk/branding/", CHOICE | sent)
    assert answer.status_code == 400 or answer.status_code == 422
    codes = [error.code for errors in answer.context["form"].errors.as_data().values() for error in errors]
    assert codes == [code]
    with in_chain():
        look = Branding.objects.get()
    assert (look.version, look.colour) == (1, "#7a1f3d")


def test_without_the_module_nothing_is_shown_and_nothing_chosen(
    branded: Chain, owner_at_desk: Client, client_of: Callable[..., Client], in_chain: InChain
) -> None:
    """The choice is kept for when it is subscribed to again."""
    _subscribe(branded, on=False)
    visitor = client_of(branded)
    assert "/brand-" not in visitor.get("/").content.decode()
    assert visitor.get("/brand-1.css").status_code == visitor.get("/brand-1.png").status_code == 404
    assert "本商户尚未开通“门户品牌”" in owner_at_desk.get("/desk/branding/").content.decode()
    refused = owner_at_desk.post("/desk/branding/", CHOICE)
    assert "module_not_enabled" in refused.content.decode() or "尚未开通" in refused.content.decode()
    with in_chain():
        assert Branding.objects.get().version == 1


def test_another_chain_looks_as_ever(branded: Chain, other_chain: Chain, client_of: Callable[..., Client]) -> None:
    _subscribe(other_chain, on=True)
    stranger = client_of(other_chain)
    assert "/brand-" not in stranger.get("/").content.decode()
    assert stranger.get("/brand-1.png").status_code == 404
