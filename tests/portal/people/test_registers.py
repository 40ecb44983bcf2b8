"""The registers: everything may be looked at, nothing may be written, by nobody, at no address."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.admin import AdminSite
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kernel.db import in_public
from portal.registers.base import ReadOnlyAdmin
from portal.registers.desk import registers_site
from portal.registers.platform import platform_site
from tenants.chains.models import Chain
from tenants.people.domain import UserKind
from tenants.people.models import User
from tenants.stores.models import Store

InChain = Callable[..., AbstractContextManager[None]]
AtDesk = Callable[..., Client]

LOOKED_AT = {"changelist", "history", "change", "view_on_site"}


@pytest.fixture
def platform_browser(client_of: Callable[..., Client], database: None) -> Client:
    """Somebody of the platform, with every right that Django knows of."""
    browser = client_of(None)
    with in_public():
        person = User.objects.create(
            username="ops",
            email="ops@example.cn",
            name="运维",
            kind=UserKind.PLATFORM,
            is_staff=True,
            is_superuser=True,
        )
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
        browser.force_login(person)
    return browser


def _addresses(urls: list[Any], prefix: str = "") -> Iterator[str]:
    """Every address under a site, with something put in for its parameters."""
    for url in urls:
        path = prefix + str(url.pattern).replace("<path:object_id>", "1").replace("<int:content_type_id>", "1")
        path = path.replace("<path:url>", "1/").replace("<path:object_id>", "1").replace("\\Z", "").replace("^", "")
        if isinstance(url, URLResolver):
            yield from _addresses(url.url_patterns, path)
        elif isinstance(url, URLPattern):
            yield path


def _rows() -> dict[str, int]:
    """How many rows each table holds that a register could write, and what an update would leave behind."""
    found = {}
    with connection.cursor() as cursor:
        for model in (*registers_site._registry, *platform_site._registry):
            table = model._meta.db_table
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0] is not None:
                cursor.execute(f'SELECT count(*), coalesce(sum(hashtext(t::text)), 0) FROM "{table}" t')
                found[table] = tuple(cursor.fetchone())
    return found  # type: ignore[return-value]


def test_every_register_is_read_only() -> None:
    for site in (registers_site, platform_site):
        assert isinstance(site, AdminSite)
        assert len(site._registry) >= 8
        for model, register in site._registry.items():
            assert isinstance(register, ReadOnlyAdmin), model


def test_every_address_of_the_chains_registers_refuses_to_write(owner_at_desk: Client, in_chain: InChain) -> None:
    addresses = sorted(set(_addresses(get_resolver("config.urls_chain").url_patterns)))
    ours = [address for address in addresses if address.startswith("desk/registers/")]
    assert len(ours) > 80
    with in_chain():
        before = _rows()
    for address in ours:
        if address == "desk/registers/logout/":
            continue
        answer = owner_at_desk.post(
            f"/{address}", {"action": "delete_selected", "_selected_action": "1", "post": "yes"}
        )
        assert answer.status_code in {302, 400, 403, 404, 405} or "changelist" in address or _is_list(address), (
            address,
            answer.status_code,
        )
    with in_chain():
        assert _rows() == before


def _is_list(address: str) -> bool:
    """A list answers a POST without an action by drawing itself; so do index, search and the lists of an app."""
    return address.endswith("/") and not address.endswith(("add/", "delete/", "change/"))


@pytest.mark.parametrize("site", [registers_site, platform_site], ids=["chain", "platform"])
def test_adding_changing_and_deleting_are_refused(
    site: Any, owner_at_desk: Client, platform_browser: Client, in_chain: InChain, chain: Chain
) -> None:
    browser, urlconf = (
        (owner_at_desk, "config.urls_chain") if site is registers_site else (platform_browser, "config.urls_public")
    )
    for model in site._registry:
        name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}"
        with in_chain() if site is registers_site else in_public():
            row = model._default_manager.first()
        pk = row.pk if row is not None else 1
        for act, args in (("add", []), ("change", [pk]), ("delete", [pk])):
            address = reverse(f"{name}_{act}", args=args, urlconf=urlconf)
            answer = browser.post(address, {"name": "改", "post": "yes"})
            assert answer.status_code in ({403} if row is not None or act == "add" else {302, 403}), address
        listed = reverse(f"{name}_changelist", urlconf=urlconf)
        answer = browser.post(listed, {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"})
        assert answer.status_code in {200, 302, 403}
        with in_chain() if site is registers_site else in_public():
            assert row is None or model._default_manager.filter(pk=pk).exists(), model


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_register_is_drawn(owner_at_desk: Client, in_chain: InChain, language: str) -> None:
    owner_at_desk.cookies["django_language"] = language
    owner_at_desk.post("/desk/api-keys/", {"name": "总店", "store": "", "acts": ["value.consume"]})
    for model, register in registers_site._registry.items():
        name = f"registers:{model._meta.app_label}_{model._meta.model_name}"
        listed = owner_at_desk.get(reverse(f"{name}_changelist", urlconf="config.urls_chain"))
        assert listed.status_code == 200, name
        if register.search_fields:
            searched = owner_at_desk.get(reverse(f"{name}_changelist", urlconf="config.urls_chain"), {"q": "1"})
            assert searched.status_code == 200, name
        with in_chain():
            row = model._default_manager.first()
        if row is not None:
            shown = owner_at_desk.get(reverse(f"{name}_change", args=[row.pk], urlconf="config.urls_chain"))
            assert shown.status_code == 200, name


def test_each_platform_register_is_drawn(platform_browser: Client, chain: Chain) -> None:
    for model in platform_site._registry:
        name = f"platform:{model._meta.app_label}_{model._meta.model_name}"
        listed = platform_browser.get(reverse(f"{name}_changelist", urlconf="config.urls_public"))
        assert listed.status_code == 200, name
    shown = platform_browser.get(f"/platform/chains/chain/{chain.pk}/change/").content.decode()
    assert chain.name in shown


def test_no_secret_is_shown(owner_at_desk: Client, in_chain: InChain) -> None:
    owner_at_desk.post("/desk/api-keys/", {"name": "总店", "store": "", "acts": ["value.consume"]})
    for path in ("people/apikey", "people/user"):
        page = owner_at_desk.get(f"/desk/registers/{path}/1/change/").content.decode()
        for secret in ("secret_sha256", "argon2", "id_password", "密钥散列"):
            assert secret not in page, (path, secret)


def test_a_person_of_one_store_sees_only_its_rows(at_desk: AtDesk, in_chain: InChain, held_clock: datetime) -> None:
    with in_chain():
        here = Store.objects.get()
        there = Store.objects.create(code="002", name="别家店", opened_on=datetime(2026, 1, 1, tzinfo=UTC).date())
    browser = at_desk("STORE_MANAGER", store_id=here.pk)
    page = browser.get("/desk/registers/stores/store/").content.decode()
    assert here.name in page
    assert there.name not in page
    assert browser.get(f"/desk/registers/stores/store/{there.pk}/change/").status_code == 302
    # The roles are the whole chain's.
    assert browser.get("/desk/registers/people/role/").status_code == 403


def test_whoever_may_not_look_is_told_so(at_desk: AtDesk) -> None:
    browser = at_desk("CASHIER")
    for path in ("", "stores/store/", "login/", "search/?s=x"):
        answer = browser.get(f"/desk/registers/{path}")
        assert answer.status_code == 403, path
        assert "not_allowed" in answer.content.decode()


def test_the_platforms_registers_are_for_its_staff(chain: Chain, client_of: Callable[..., Client]) -> None:
    nobody = client_of(None)
    assert nobody.get("/platform/chains/chain/")["Location"] == "/accounts/login/?next=/platform/chains/chain/"
    owner = client_of(None)
    with in_public():
        owner.force_login(chain.owner)
    assert owner.get("/platform/").status_code == 403


def test_leaving_and_passwords_have_their_own_pages(owner_at_desk: Client) -> None:
    assert owner_at_desk.get("/desk/registers/password_change/")["Location"] == "/desk/accounts/password/change/"
    assert owner_at_desk.get("/desk/registers/login/")["Location"] == "/desk/registers/"
    assert owner_at_desk.get("/desk/registers/logout/")["Location"] == "/desk/registers/"
    assert owner_at_desk.post("/desk/registers/logout/")["Location"] == "/desk/login/"
    assert owner_at_desk.get("/desk/").status_code == 302
