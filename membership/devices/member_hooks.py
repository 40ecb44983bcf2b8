"""What a member is told of her devices, and what is forgotten with her. Registered when Django starts."""

from typing import Any

from membership.devices.domain import device_words
from membership.devices.models import CardCode, CardSession, Passkey
from membership.members import rights
from membership.members.models import Member


@rights.tells
def told_sessions(member: Member) -> dict[str, Any]:
    """From where and when somebody was in with her cards, and which passkeys open them."""
    passkeys = Passkey.objects.select_related("card").filter(card__member=member).order_by("made_at")
    found = CardSession.objects.select_related("card").filter(card__member=member).order_by("-opened_at")
    return {
        "sessions": [
            {
                "card": session.card.number,
                "device": device_words(session.device),
                "place": session.place,
                "opened_at": session.opened_at.isoformat(),
                "seen_at": session.seen_at.isoformat(),
            }
            for session in found
        ],
        "passkeys": [
            {
                "card": passkey.card.number,
                "device": device_words(passkey.device),
                "made_at": passkey.made_at.isoformat(),
                "used_at": passkey.used_at.isoformat() if passkey.used_at else None,
            }
            for passkey in passkeys
        ],
    }


@rights.erases
def forget_sessions(member: Member) -> None:
    """Nobody was in any more, and neither code nor passkey leads to her."""
    Passkey.objects.filter(card__member=member).delete()
    CardCode.objects.filter(card__member=member).delete()
    CardSession.objects.filter(card__member=member).delete()
