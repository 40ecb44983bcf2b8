"""The changing code: as the RFC has it, for half a minute, for one card, once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest

from kernel import clock
from membership.cards.models import Card
from membership.devices.models import CardCode
from membership.devices.services.codes import CardCodeRefused, code_of, is_code, present
from membership.devices.totp import hotp, matching_step, read_code, step_at, written
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "46119246"),
        (1111111109, "68084774"),
        (1111111111, "67062674"),
        (1234567890, "91819424"),
        (2000000000, "90698825"),
        (20000000000, "77737706"),
    ],
)
def test_the_vectors_of_the_rfc(moment: int, code: str) -> None:
    """RFC 6238, appendix B, SHA-256."""
    secret = b"12345678901234567890123456789012"
    assert hotp(secret, step_at(moment)) == code
    for drift, found in ((-1, True), (0, True), (1, True), (2, False)):
        assert (matching_step(secret, code, now=step_at(moment) + drift) is not None) is found


def test_what_is_no_code() -> None:
    assert read_code(written("1" * 12, "2" * 8)) == ("1" * 12, "2" * 8)
    for text in ("8800000001", "KY123", "KY" + "1" * 21, "", "KY\n" + "1" * 20):
        assert not is_code(text)


@pytest.fixture
def code(in_chain: InChain, holder: Holder, held_clock: datetime) -> str:
    with in_chain():
        return code_of(Card.objects.get(pk=holder.card.pk)).text


def test_it_leads_to_its_card_once(in_chain: InChain, holder: Holder, code: str, clerk: Actor, store_id: int) -> None:
    other = Actor(kind="staff", id=8, grants=clerk.grants)
    with in_chain():
        assert holder.number not in code
        # As a keyboard-like scanner may type it.
        assert present(actor=clerk, text=f" {code.lower()} ", store_id=store_id) == holder.number
        assert present(actor=clerk, text=code, store_id=store_id) == holder.number, "the same look, fetched twice"
        with pytest.raises(CardCodeRefused):
            present(actor=other, text=code, store_id=store_id)
        entry = AuditEntry.objects.get(act="card.present")
        assert (entry.object_id, entry.store_id, entry.actor) == (holder.number, store_id, "staff:7")
    with clock.frozen(clock.now() + timedelta(seconds=16)), in_chain(), pytest.raises(CardCodeRefused):
        present(actor=clerk, text=code, store_id=store_id)


def test_it_is_old_after_a_minute_and_the_next_one_counts(
    in_chain: InChain, holder: Holder, code: str, clerk: Actor, store_id: int, held_clock: datetime
) -> None:
    for seconds, taken in ((89, False), (59, True)):
        with clock.frozen(held_clock + timedelta(seconds=seconds)), in_chain():
            if taken:
                assert present(actor=clerk, text=code, store_id=store_id) == holder.number
            else:
                with pytest.raises(CardCodeRefused):
                    present(actor=clerk, text=code, store_id=store_id)
    with clock.frozen(held_clock + timedelta(seconds=61)), in_chain():
        later = code_of(Card.objects.get(pk=holder.card.pk))
        assert (later.text != code, later.left_s) == (True, 29)
        assert present(actor=clerk, text=later.text, store_id=store_id) == holder.number


def test_it_ends_with_the_pin_and_fits_no_other_card(
    in_chain: InChain, issue: Callable[..., Holder], holder: Holder, code: str, clerk: Actor, store_id: int
) -> None:
    other = issue("江河", "13700005678")
    with in_chain():
        theirs = code_of(Card.objects.get(pk=other.card.pk)).text
        for text in (theirs[:14] + code[14:], code[:14] + theirs[14:], written("9" * 12, "1" * 8), "8800000001"):
            with pytest.raises(CardCodeRefused):
                present(actor=clerk, text=text, store_id=store_id)
        Card.objects.filter(pk=holder.card.pk).update(pin_version=9)
        with pytest.raises(CardCodeRefused):
            present(actor=clerk, text=code, store_id=store_id)
        assert CardCode.objects.get(card=holder.card).last_step == 0


def test_whoever_may_look_up_no_card_reads_no_code(in_chain: InChain, code: str, store_id: int) -> None:
    with in_chain(), pytest.raises(NotAllowed):
        present(actor=Actor(kind="staff", id=8), text=code, store_id=store_id)
