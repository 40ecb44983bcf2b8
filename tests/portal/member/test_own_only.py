"""A member never sees another's card. Every address of the members' portal is tried, found by walking the addresses
themselves: a page that is added tomorrow is tried tomorrow.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from html.parser import HTMLParser
from http import HTTPStatus
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kernel import clock
from kernel.ids import uuid7
from kernel.money import Money
from membership.cards.models import Card
from membership.cashier import services
from membership.cashier.models import ChainPolicy, SignedBill
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.devices.domain import Way
from membership.devices.models import CardSession, Passkey
from membership.devices.services import sessions
from membership.members.models import Consent, Member
from membership.records.models import Record
from membership.requests.domain import RequestKind
from membership.requests.models import MemberRequest
from membership.requests.services import ask
from membership.talks import services as talks
from membership.talks.models import Message
from portal.member import access
from portal.member import urls as _urls  # noqa: F401 - read before anything of it is replaced
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
OnPlan = Callable[..., None]

_MANY = 30
_LEAVING = {"logout", "apply_follow"}
"""The address that ends the session (what else is there was tried before), and the one that only its own signature
opens, to whoever has it: tests of applications try others.
"""


def _patterns() -> list[URLPattern]:
    """Every address named ``member:…``, in however many files they are."""

    def walk(found: list[URLPattern | URLResolver], *, hers: bool) -> Iterator[URLPattern]:
        for one in found:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, hers=hers or one.namespace == "member")
            elif hers:
                yield one

    return list(walk(get_resolver(settings.ROOT_URLCONF).url_patterns, hers=False))


class _Forms(HTMLParser):
    """The forms of a page: where each goes, and every value that its fields offer."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            posts = given.get("method", "").lower() == "post"
            self.forms.append((given.get("action", "") if posts else "GET", []))
        elif self.forms and tag in ("input", "button", "textarea") and given.get("name"):
            self.forms[-1][1].append((given["name"], given.get("value", "")))
        elif self.forms and tag == "select":
            self._select = given.get("name", "")
        elif self.forms and tag == "option" and self._select:
            self.forms[-1][1].append((self._select, given.get("value", "")))


@pytest.fixture
def rich(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[[Holder], Holder]:
    """Give a member one of everything that has an id."""

    def fill(who: Holder) -> Holder:
        given: dict[str, Any] = {"actor": clerk, "card_number": who.number, "store_id": store_id}
        with in_chain():
            ChainPolicy.objects.update(signed_limit_fen=50_000)
            bill = services.pay(
                total=Money(300), tender=Tender(stored_fen=100, signed_fen=200), idempotency_key=who.number, **given
            )
            settle(
                actor=clerk,
                bill_id=bill.record_id,
                tender=Tender(cash_fen=50),
                store_id=store_id,
                idempotency_key=f"s{who.number}",
            )
            talks.write(member=who.member, text=f"{who.member.name}想问一件事")
            ask(member=who.member, number=who.number, kind=RequestKind.REFUND, said=f"{who.member.name}要退卡")
            Passkey.objects.create(
                card=who.card,
                pin_version=who.card.pin_version,
                credential_id=who.number.encode(),
                user_handle=who.number.encode(),
                public_key=b"",
                device="手机",
                made_at=clock.now(),
            )
        return who

    return fill


@pytest.fixture
def as_member(
    chain: Chain, client_of: Callable[..., Client], in_chain: InChain, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Holder | None], Client]:
    """A browser in which this member is logged in, whatever the last page did to her session."""
    browser = client_of(chain)
    here: list[Holder | None] = [None]
    opened: dict[str, int] = {}

    def card(request: Any) -> Card | None:
        if here[0] is None:
            return None
        found = Card.objects.select_related("member", "level").get(number=here[0].number)
        found.pin_must_change = False
        request.session["member"] = {"session": opened[found.number], "seen": time.time()}
        return found

    monkeypatch.setattr(access, "session_card", card)

    def enter(who: Holder | None) -> Client:
        here[0] = who
        if who is not None and who.number not in opened:
            with in_chain():
                session = sessions.open_session(card=who.card, way=Way.PIN, user_agent="", address="")
            opened[who.number] = session.pk
        return browser

    return enter


def _values(converter: Any) -> list[Any]:
    """Everything in the chain that an address might name so: keys of every table, card numbers, members' codes."""
    kinds = {"UUIDConverter": models.UUIDField, "IntConverter": models.IntegerField}
    wanted = kinds.get(type(converter).__name__)
    keys: set[Any] = {uuid7()} if wanted is models.UUIDField else set()
    for model in apps.get_models():
        if model._meta.app_config.name not in settings.TENANT_APPS or not isinstance(
            model._meta.pk, wanted or models.Field
        ):
            continue
        keys.update(model._default_manager.order_by().values_list("pk", flat=True)[:40])
    if wanted is not None:
        return sorted(keys)
    return [*Card.objects.values_list("number", flat=True), *Member.objects.values_list("code", flat=True), *keys]


def _addresses(pattern: URLPattern) -> list[str]:
    """The address with everything put into it that there is."""
    name = f"member:{pattern.name}"
    converters = pattern.pattern.converters
    if not converters:
        return [reverse(name)]
    (parameter, converter), *rest = converters.items()
    assert not rest, f"{name}: an address with several parts wants a test of its own"
    return [reverse(name, kwargs={parameter: value}) for value in _values(converter)]


def _of(who: Holder, in_chain: InChain) -> dict[str, Any]:
    """What must not change behind her back."""
    with in_chain():
        return {
            "member": Member.objects.filter(pk=who.member.pk).values().get(),
            "cards": list(Card.objects.filter(member=who.member).order_by("pk").values()),
            "records": list(Record.objects.filter(card__member=who.member).order_by("pk").values_list("pk")),
            "sessions": list(
                CardSession.objects.filter(card__member=who.member).order_by("pk").values_list("pk", "ended_at")
            ),
            "bills": list(SignedBill.objects.filter(member=who.member).order_by("pk").values()),
            "passkeys": list(Passkey.objects.filter(card__member=who.member).values_list("pk")),
            "requests": list(MemberRequest.objects.filter(card__member=who.member).order_by("pk").values()),
            "messages": list(Message.objects.filter(thread__member=who.member).order_by("pk").values()),
            "consents": list(Consent.objects.filter(member=who.member).order_by("pk").values()),
        }


def _marks(who: Holder, in_chain: InChain) -> list[str]:
    """What gives her away on a page."""
    with in_chain():
        records = Record.objects.filter(card__member=who.member)
        return [
            who.number,
            who.member.name,
            who.member.phone,
            *(str(key) for key in records.values_list("pk", flat=True)),
        ]


def _told(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content.startswith(b"PK"):
        # A workbook: what it says is packed.
        with ZipFile(BytesIO(content)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    return content.decode(errors="replace").replace(" ", "")


def test_whatever_she_asks_for_she_sees_and_changes_nothing_of_another(
    issue: Callable[..., Holder],
    rich: Callable[[Holder], Holder],
    as_member: Callable[[Holder | None], Client],
    in_chain: InChain,
    on_plan: OnPlan,
) -> None:
    on_plan("C", stores=2)
    first, second = rich(issue(top_up_fen=5_000)), rich(issue("江河", "13700005678", top_up_fen=5_000))
    for who in (first, second):
        as_member(who)
    with in_chain():
        addresses = {pattern.name: _addresses(pattern) for pattern in _patterns() if pattern.name not in _LEAVING}
    forms: dict[tuple[str, str], list[tuple[str, dict[str, list[str]]]]] = {}
    tried = 0
    for hers, other in ((first, second), (second, first), (None, first), (None, second)):
        marks, before = _marks(other, in_chain), _of(other, in_chain)
        for found in addresses.values():
            for address in found:
                asked: list[tuple[Any, str]] = [(as_member(hers).get(address), "")]
                if len(found) == 1:
                    asked.append((as_member(hers).get(address, headers={"hx-request": "true"}), ""))
                if (other.number, address) not in forms:
                    forms[other.number, address] = _forms_of(other, address, as_member)
                typed = {"card": [other.number], "card_number": [other.number]}
                for where, data in [*forms[other.number, address], (address, typed)]:
                    # A form that is refused shows what was typed.
                    asked.append((as_member(hers).post(where, data), str(data)))
                for answer, sent in asked:
                    told = _told(answer).replace(address, "")
                    assert answer.status_code < 500, address
                    assert [mark for mark in marks if mark in told and mark not in sent] == [], (address, hers)
                    tried += 1
        assert _of(other, in_chain) == before
    assert tried > 200
    # The looking itself: what is told of her in a workbook is found there.
    assert first.number in _told(as_member(first).get(reverse("member:records_download")))


def _forms_of(
    other: Holder, address: str, as_member: Callable[[Holder | None], Client]
) -> list[tuple[str, dict[str, list[str]]]]:
    """What the other could send from that page of hers, to be sent by somebody else."""
    page = as_member(other).get(address)
    if page.status_code != 200 or not page.get("Content-Type", "").startswith("text/html"):
        return []
    sent = []
    for action, fields in _Forms(page.content.decode()).forms:
        if action == "GET" or action.startswith("/i18n/") or action == reverse("member:logout"):
            continue
        data: dict[str, list[str]] = {}
        for name, value in fields:
            data.setdefault(name, []).append(value or "730281")
        sent.append((action or address, data))
    return sent


def test_records_are_hers_or_do_not_exist(
    issue: Callable[..., Holder],
    rich: Callable[[Holder], Holder],
    as_member: Callable[[Holder | None], Client],
    in_chain: InChain,
) -> None:
    holders = [rich(issue(top_up_fen=5_000)), rich(issue("江河", "13700005678", top_up_fen=5_000))]
    with in_chain():
        owner: dict[UUID, int] = dict(Record.objects.values_list("pk", "card__member_id"))
    assert set(owner.values()) == {who.member.pk for who in holders}
    for who in holders:
        for record_id, member_id in owner.items():
            answer = as_member(who).get(reverse("member:record_detail", args=[record_id]))
            assert answer.status_code == (200 if member_id == who.member.pk else 404)


def test_whoever_is_not_logged_in_is_sent_to_the_door(as_member: Callable[[Holder | None], Client]) -> None:
    stranger = as_member(None)
    closed = [reverse(f"member:{one.name}") for one in _patterns() if _is_closed(one) and not one.pattern.converters]
    assert len(closed) >= 6
    for address in closed:
        answer = stranger.get(address)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer = stranger.post(address)
        assert answer.get("Location") == "/", address


def _is_closed(pattern: URLPattern) -> bool:
    return getattr(pattern.callback, "members_only", False)


def test_no_page_asks_more_of_the_database_for_more_rows(
    holder: Holder,
    rich: Callable[[Holder], Holder],
    as_member: Callable[[Holder | None], Client],
    in_chain: InChain,
    on_plan: OnPlan,
    clerk: Actor,
    store_id: int,
) -> None:
    """With 3 rows and with 30."""
    on_plan("C", stores=2)
    browser = as_member(rich(holder))
    addresses = [reverse(f"member:{one.name}") for one in _patterns() if _is_closed(one) and not one.pattern.converters]

    def counted() -> dict[str, int]:
        return {address: _queries(browser, address) for address in addresses}

    counted()
    few = counted()
    with in_chain():
        for number in range(_MANY):
            services.pay(
                actor=clerk,
                card_number=holder.number,
                total=Money(20),
                tender=Tender(stored_fen=10, signed_fen=10),
                store_id=store_id,
                idempotency_key=f"m{number}",
            )
    assert counted() == few
    assert max(few.values()) <= 25


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code in (200, 302, 405)
    return len([query for query in captured.captured_queries if "chains_domain" not in query["sql"]])
