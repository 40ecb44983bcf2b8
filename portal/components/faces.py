"""Which drawing a card level or a record gets. Anything unknown is drawn plainly, never refused."""

from collections.abc import Mapping
from types import MappingProxyType

FACES = ("plain", "silver", "gold", "diamond")

STATUS_TONES: Mapping[str, str] = MappingProxyType(
    {
        "ACTIVE": "good",
        "ISSUED": "brand",
        "IDLE": "brand",
        "LOST": "bad",
        "PIN_LOCKED": "warn",
        "FROZEN": "warn",
        "EXPIRED": "warn",
        "READY": "good",
        "PROVISIONING": "brand",
        "FAILED": "bad",
    }
)

_RECORD_ICONS: Mapping[str, str] = MappingProxyType(
    {
        "CONSUMPTION": "till",
        "TOP_UP": "top-up",
        "BONUS": "gift",
        "ADJUSTMENT": "adjust",
        "LEVEL": "level",
        "ISSUE": "card",
        "REFUND": "refund",
        "REVERSAL": "refund",
        "LEVEL_CHANGE": "level",
    }
)


def face_of(level_code: str) -> str:
    """The card face for a level's code, whatever its case."""
    face = level_code.lower()
    return face if face in FACES else "plain"


def record_icon(kind: str) -> str:
    """The icon for a record of this kind."""
    return _RECORD_ICONS.get(kind, "list")
