"""Desk tickets: how an owner, logged in on the public site, enters a chain of his without a second password.

A ticket crosses schemas as a signed value: the public site signs, the chain checks the signature and keeps the ticket's
id, so that it opens one door once.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from tenants.people.domain import UserKind
from tenants.people.models import UsedTicket, User

_SALT: Final = "tenants.people.desk-ticket"
LIFETIME: Final = timedelta(seconds=60)


class TicketRefused(DomainError):
    """The ticket is forged, too old, used before, or for another chain or person. The answer is the same."""

    code = "ticket_refused"
    status = 403
    message = _("入场券无效、已过期或已使用。请回到控制台重新点击“进入前台”。")


def issue_ticket(*, owner_id: int, chain_slug: str) -> str:
    """A ticket for one entry within a minute. The caller has made sure that the chain is the owner's."""
    expires_ms = int((clock.now() + LIFETIME).timestamp() * 1000)
    payload = {"id": str(uuid4()), "chain": chain_slug, "owner": owner_id, "expires_ms": expires_ms}
    return Signer(salt=_SALT).sign_object(payload)


def redeem_ticket(*, raw: str, chain_slug: str) -> User:
    """Spend a ticket in the chain at hand: the owner's staff account there. Of two at once, one wins.

    Raises:
        TicketRefused
    """
    payload = _opened(raw)
    if payload["chain"] != chain_slug or payload["expires_ms"] <= clock.now().timestamp() * 1000:
        raise TicketRefused
    staff = User.objects.filter(owner_id=payload["owner"], kind=UserKind.STAFF, is_active=True).first()
    if staff is None:
        raise TicketRefused
    try:
        with transaction.atomic():
            UsedTicket.objects.create(id=UUID(payload["id"]), owner_id=payload["owner"], used_at=clock.now())
    except IntegrityError:
        raise TicketRefused from None
    return staff


def _opened(raw: str) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = Signer(salt=_SALT).unsign_object(raw)
    except BadSignature:
        raise TicketRefused from None
    return payload
