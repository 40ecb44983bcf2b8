"""The demo: its log-ins open, its books prove themselves, and loading it again changes nothing."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db.models import Sum
from django.test import Client

from billing.auditing import audit_platform
from billing.metering.models import UsageCount
from billing.subscriptions.models import Charge
from config.demo import corners, data, lives, load, loading, office, people, records, software, story
from config.demo.summary import summary_of
from kernel.db import in_chain, in_public
from ledger.audit import audit_schema
from ledger.models import Posting
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.documents.models import Document
from membership.members.models import Member
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.models import Assignment, User
from tenants.people.presets import PRESETS
from tenants.people.services import authenticate_api_key

CHANCE = random.Random  # seeded: the same story each time
NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.fixture
def a_small_year(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    """A third of the members, quick passwords, and a key that is not written beside the developer's own."""
    monkeypatch.setattr(story, "MEMBERS", 40)
    monkeypatch.setattr(story, "SECOND_CARDS", 2)
    monkeypatch.setattr(software, "DAYS", 2)
    monkeypatch.setattr(loading, "_api_key_file", lambda: tmp_path / "demo-api-key")
    monkeypatch.setattr(office, "secret_file", lambda: tmp_path / "demo-second-factor")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_the_story_is_the_same_each_time_and_spans_a_year() -> None:
    first, second = (story.tell(CHANCE(1), until=NOW) for _ in range(2))
    assert first == second
    assert len(first.issues) == story.MEMBERS + story.SECOND_CARDS
    assert 3_000 < len(first.events) < 9_000
    moments = [event.moment for event in first.events]
    assert moments == sorted(moments)
    assert (moments[-1] - moments[0]).days > 350
    assert moments[-1] <= NOW


def test_a_batch_holds_one_top_up_of_a_card_at_most_and_nothing_is_left_out() -> None:
    events = story.tell(CHANCE(1), until=NOW).events
    gathered = list(story.batches(events))
    assert [event for batch in gathered for event in batch] == events
    for batch in gathered:
        filled = Counter(event.card for event in batch if event.paid_fen)
        assert not filled or max(filled.values()) == 1


def test_the_demo_is_whole_and_loading_it_again_changes_nothing(
    database: None, a_small_year: None, client_of: Callable[..., Client]
) -> None:
    summary = load()
    with in_public():
        chain = Chain.objects.get(slug="demo")
    with in_chain(chain.schema_name):
        others = lives.MEMBERS + records.FILED_AGAIN + corners.MEMBERS + data.MEMBERS
        assert Member.objects.count() == story.MEMBERS + others
        roles = set(Assignment.objects.values_list("role__code", flat=True))
        assert roles == {preset.code for preset in PRESETS}
        kinds = Counter(Record.objects.values_list("kind", flat=True))
        assert kinds["CONSUMPTION"] > 800
        assert kinds["TOP_UP"] > 150
        assert kinds["REVERSAL"] == 5
        posting = ("CONSUMPTION", "TOP_UP", "REVERSAL", "MOVE_IN", "FEE", "POINTS")
        assert Posting.objects.count() == sum(kinds[kind] for kind in posting)
        statuses = Counter(Card.objects.values_list("status", flat=True))
        assert statuses["ACTIVE"] > 35
        # Every status but the one that a year cannot bring: the demo's cards have not expired.
        assert set(CardStatus) - {CardStatus.EXPIRED} == set(statuses)
        assert str(authenticate_api_key(summary.api_key)).startswith("api:")
        before = Posting.objects.count(), User.objects.count()
        papers = Counter(Document.objects.values_list("kind", "state"))
        assert papers == {
            ("DELIVERY", "COMPLETED"): 1,
            ("DELIVERY", "APPROVED"): 1,
            ("STOCK_COUNT", "COMPLETED"): 1,
            ("MAKING_REQUEST", "SUBMITTED"): 1,
            ("FAULT", "SUBMITTED"): 1,
            ("STOCK_TRANSFER", "SUBMITTED"): 1,
            ("DESTRUCTION", "COMPLETED"): 1,
            ("DORMANCY", "SUBMITTED"): 1,
            ("CARD_VALIDITY", "SUBMITTED"): 1,
            ("CARD_LEVEL", "SUBMITTED"): 1,
        }
    assert list(audit_schema(chain.schema_name)) == []

    with in_public():
        called = UsageCount.objects.filter(chain=chain, meter="api").aggregate(calls=Sum("quantity"))["calls"]
        charged = Charge.objects.filter(chain=chain, kind="CALLS", module=11).aggregate(calls=Sum("quantity"))["calls"]
        assert called >= charged > 0
        assert audit_platform() == []
    assert load() == summary
    with in_chain(chain.schema_name):
        assert (Posting.objects.count(), User.objects.count()) == before

    member = next(login for login in summary.logins if login.who == "会员")
    browser = client_of(chain)
    answer = browser.post("/", {"card_number": member.name, "pin": member.secret})
    assert answer["Location"] == "/card/"
    page = browser.get("/card/")
    assert page.context["show_balance"]
    assert page.context["recent"]
    assert browser.get("/card/services/").context["unread"] == 1
    staff = client_of(chain)
    assert staff.post("/desk/login/", {"login": "manager", "password": people.PASSWORD}).status_code == 302
    assert staff.get("/desk/").context["today"]["consumption_count"] > 0
    assert "owner@example.com" in str(summary)

    clerk = client_of(None)
    asked = clerk.post("/accounts/login/", {"login": people.PLATFORM_EMAIL, "password": people.PASSWORD})
    assert asked["Location"] == "/accounts/2fa/authenticate/"
    assert clerk.post(asked["Location"], {"code": office.code_now()})["Location"] == "/platform/"
    assert clerk.get("/platform/").status_code == 200


def test_there_is_no_platform_staff_of_the_demo_in_production(tmp_path: Path, settings: LazySettings) -> None:
    settings.MODE = "production"
    for act in (office.employ, office.code_now):
        with pytest.raises(office.NoDemoHere):
            act()
    assert "platform@" not in str(summary_of(card_number="1", api_key="k"))


def test_a_demo_broken_off_half_way_is_made_whole_by_the_next_run(
    database: None, a_small_year: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(loading, "_live", killed)
        with pytest.raises(KeyboardInterrupt):
            load()
    with in_public():
        chain = Chain.objects.get(slug="demo")
    with in_chain(chain.schema_name):
        assert Card.objects.count() == 0
    monkeypatch.setattr(story, "MEMBERS", 3)
    monkeypatch.setattr(story, "SECOND_CARDS", 0)
    monkeypatch.setattr(loading, "_mishaps", lambda _: None)
    monkeypatch.setattr(corners, "lie_unused", lambda *_, **__: None)
    monkeypatch.setattr(corners, "come_to_light", lambda *_, **__: None)
    monkeypatch.setattr(software, "open_cards", lambda *_, **__: None)
    load()
    with in_chain(chain.schema_name):
        assert Card.objects.filter(status="ACTIVE").count() == 3
