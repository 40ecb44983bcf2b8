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
        "SUBMITTED": "brand",
        "APPROVED": "good",
        "COMPLETED": "good",
        "SENT": "brand",
        "COLLECTED": "good",
        "REJECTED": "bad",
        "LAPSED": "bad",
        "CENTRAL": "",
        "TRANSIT": "brand",
        "STORE": "good",
        "DRAWN": "good",
        "MISSING": "bad",
        "READY": "good",
        "PROVISIONING": "brand",
        "FAILED": "bad",
        "SUCCEEDED": "good",
        "OPEN": "brand",
        "DONE": "good",
        "REFUSED": "bad",
        "CALLING": "brand",
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
        "LOSS": "lock",
        "LOSS_LIFTED": "check",
        "FREEZE": "lock",
        "UNFREEZE": "check",
    }
)


def face_of(level_code: str) -> str:
    """The card face for a level's code, whatever its case."""
    face = level_code.lower()
    return face if face in FACES else "plain"


def number_groups(number: str) -> list[str]:
    """A card number in groups of four, the last ones of three where else fewer than three would be left over."""
    threes = -len(number) % 4
    split = len(number) - 3 * threes
    if split < 0:
        return [number]
    fours = [number[start : start + 4] for start in range(0, split, 4)]
    return fours + [number[start : start + 3] for start in range(split, len(number), 3)]


def record_icon(kind: str) -> str:
    """The icon for a record of this kind."""
    return _RECORD_ICONS.get(kind, "list")
