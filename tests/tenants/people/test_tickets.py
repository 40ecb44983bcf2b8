"""The owner's single-use ticket into a chain's desk."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core.signing import Signer
from django.db import DatabaseError, connections, transaction

from kernel import clock
from kernel.db import in_chain as in_schema
from tenants.chains.models import Chain
from tenants.people.models import UsedTicket, User
from tenants.people.services import TicketRefused, issue_ticket, redeem_ticket

InChain = Callable[..., AbstractContextManager[None]]


def test_a_ticket_opens_the_owners_own_account(chain: Chain, in_chain: InChain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with in_chain():
        staff = redeem_ticket(raw=raw, chain_slug=chain.slug)
        assert staff.owner_id == chain.owner_id
        assert UsedTicket.objects.get().owner_id == chain.owner_id


def test_a_ticket_is_used_once(chain: Chain, in_chain: InChain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with in_chain():
        redeem_ticket(raw=raw, chain_slug=chain.slug)
    with in_chain(), pytest.raises(TicketRefused) as refusal:
        redeem_ticket(raw=raw, chain_slug=chain.slug)
    assert (refusal.value.code, refusal.value.status) == ("ticket_refused", 403)


def test_a_ticket_lasts_a_minute(chain: Chain, in_chain: InChain, held_clock: datetime) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with clock.frozen(held_clock + timedelta(seconds=60)), in_chain(), pytest.raises(TicketRefused):
        redeem_ticket(raw=raw, chain_slug=chain.slug)
    with clock.frozen(held_clock + timedelta(seconds=59, milliseconds=999)), in_chain():
        redeem_ticket(raw=raw, chain_slug=chain.slug)


def test_a_ticket_is_for_one_chain(chain: Chain, other_chain: Chain, in_chain: InChain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with in_chain(other_chain):
        with pytest.raises(TicketRefused):
            redeem_ticket(raw=raw, chain_slug=other_chain.slug)
        assert UsedTicket.objects.count() == 0


def test_a_stranger_gets_in_nowhere(chain: Chain, other_chain: Chain, in_chain: InChain) -> None:
    """A ticket for a chain that is not his finds no account of his there."""
    raw = issue_ticket(owner_id=other_chain.owner_id, chain_slug=chain.slug)
    with in_chain(), pytest.raises(TicketRefused):
        redeem_ticket(raw=raw, chain_slug=chain.slug)


def test_a_closed_account_is_not_opened(chain: Chain, in_chain: InChain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    with in_chain():
        User.objects.filter(owner_id=chain.owner_id).update(is_active=False)
        with pytest.raises(TicketRefused):
            redeem_ticket(raw=raw, chain_slug=chain.slug)


def test_a_tampered_ticket_is_refused(chain: Chain, in_chain: InChain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    payload = {"id": str(uuid4()), "chain": chain.slug, "owner": chain.owner_id, "expires_ms": 10**15}
    forged = Signer(key="another key", salt="tenants.people.desk-ticket").sign_object(payload)
    other_salt = Signer(salt="something else").sign_object(payload)
    body, _, signature = raw.rpartition(":")
    swapped = f"{forged.rpartition(':')[0]}:{signature}"
    with in_chain():
        for bad in ("", "x", raw[:-1], raw + "x", f"{body[:-2]}AA:{signature}", forged, other_salt, swapped, "票:券"):
            with pytest.raises(TicketRefused):
                redeem_ticket(raw=bad, chain_slug=chain.slug)
        assert UsedTicket.objects.count() == 0


def test_of_two_at_once_one_gets_in(chain: Chain) -> None:
    raw = issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug)
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def use() -> None:
        try:
            together.wait()
            with in_schema(chain.schema_name):
                redeem_ticket(raw=raw, chain_slug=chain.slug)
            outcomes.append("in")
        except TicketRefused:
            outcomes.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in"] + ["refused"] * 7
    with in_schema(chain.schema_name):
        assert UsedTicket.objects.count() == 1


def test_a_spent_ticket_cannot_be_taken_back(chain: Chain, in_chain: InChain) -> None:
    with in_chain():
        redeem_ticket(raw=issue_ticket(owner_id=chain.owner_id, chain_slug=chain.slug), chain_slug=chain.slug)
        with pytest.raises(DatabaseError), transaction.atomic():
            UsedTicket.objects.all().delete()
        assert UsedTicket.objects.count() == 1
