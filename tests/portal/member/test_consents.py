"""A member's consents: given and withdrawn by herself, with their proof, and nobody else's."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.test import Client

from membership.devices.models import CardSession
from membership.members.domain import ConsentChannel, ConsentPurpose
from membership.members.models import Consent
from membership.members.services import has_consent
from tenants.audit.models import AuditEntry
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
TEXTS = {"purpose": "MARKETING", "channel": "SMS"}


def test_she_agrees_and_ends_it_and_both_are_proved(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    page = member.get("/card/consents/")
    assert not [way for purpose in page.context["purposes"] for way in purpose["ways"] if way["consent"]]
    for _ in range(2):
        member.post("/card/consents/choose/", TEXTS | {"agree": "1"})
    with in_chain():
        given = Consent.objects.select_related("wording").get()
        session = CardSession.objects.order_by("-pk")[0]
        assert (given.given_how, given.proof, given.given_to) == ("PORTAL", f"session {session.pk}", "林静")
        assert given.wording.purpose == "MARKETING"
        assert has_consent(holder.member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)
        assert AuditEntry.objects.get(act="consent.give").actor == f"member:{holder.member.pk}"
    for _ in range(2):
        assert member.post("/card/consents/choose/", TEXTS)["Location"] == "/card/consents/"
    with in_chain():
        assert not has_consent(holder.member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)
        assert Consent.objects.get().withdrawn_how == "PORTAL"


def test_only_what_is_offered_can_be_agreed_to(in_chain: InChain, holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    for wrong in (
        {"purpose": "PROFILING", "channel": "SMS"},
        {"purpose": "MARKETING", "channel": "NONE"},
        {"purpose": "X", "channel": "SMS"},
        {"purpose": "MARKETING"},
    ):
        assert member.post("/card/consents/choose/", wrong | {"agree": "1"}).status_code == 302
    with in_chain():
        assert not Consent.objects.exists()


def test_it_is_hers_alone(in_chain: InChain, holder: Holder, issue: Callable[..., Holder], log_in: LogIn) -> None:
    other = issue("江河", "13700005678")
    log_in(other).post("/card/consents/choose/", TEXTS | {"agree": "1"})
    log_in(holder).post("/card/consents/choose/", TEXTS)
    with in_chain():
        assert has_consent(other.member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)
        assert not has_consent(holder.member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)
