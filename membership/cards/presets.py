"""The levels and types that come with every chain. A chain changes them as it likes; they are only where it begins."""

from datetime import datetime
from typing import Any, Final

LEVELS: Final = (
    # code, name, rank, months of validity
    ("PLAIN", "普卡", 1, 24),
    ("SILVER", "银卡", 2, 24),
    ("GOLD", "金卡", 3, 36),
    ("DIAMOND", "钻石卡", 4, 60),
)
"""R-B09."""

_GENERAL_MANAGER: Final = {"label": "总经理", "act": "stock.approve"}

TYPES: Final[tuple[dict[str, Any], ...]] = (
    # R-E02, R-H02.
    {"id": 1, "code": "ORDINARY", "name": "普通会员卡", "kind": "ORDINARY", "use_by": "BEARER"},
    # R-E03, R-E04, X-27: nobody's card, loaded once when it is sold.
    {
        "id": 2,
        "code": "GIFT",
        "name": "礼品卡",
        "kind": "GIFT",
        "earns_points": False,
        "member_required": False,
        "use_by": "BEARER",
        "top_up_allowed": False,
        "cards_per_id": None,
        "balance_cap_fen": 100_000,
    },
    # R-E07: only after operations, finance and the general manager have agreed.
    {
        "id": 3,
        "code": "SPECIAL",
        "name": "特定卡",
        "kind": "SPECIAL",
        "use_by": "BEARER",
        "approvals": [
            {"label": "营运中心", "act": "stock.deliver"},
            {"label": "财务中心", "act": "data.sign"},
            _GENERAL_MANAGER,
        ],
    },
    # R-L02: the general manager approves, finance issues.
    {
        "id": 4,
        "code": "COMPLIMENTARY",
        "name": "赠送卡",
        "kind": "COMPLIMENTARY",
        "use_by": "BEARER",
        "earns_points": False,
        "top_up_allowed": False,
        "cards_per_id": None,
        "approvals": [_GENERAL_MANAGER],
        "issue_act": "value.settle",
    },
)
"""Those without approvals are in use from the first day."""


def install_types(type_model: Any, *, now: datetime, using: str) -> None:
    """Add the types to a schema that has none yet. For migrations: takes the model as the migration sees it.

    Their keys are fixed: the ordinary one is what a card is of by default, in the database too.
    """
    type_model.objects.using(using).bulk_create(
        type_model(**preset, enabled_at=None if preset.get("approvals") else now) for preset in TYPES
    )


def install(level_model: Any, *, using: str) -> None:
    """Add the levels that a schema does not have yet. For migrations: takes the model as the migration sees it."""
    for code, name, rank, months in LEVELS:
        level_model.objects.using(using).get_or_create(
            code=code, defaults={"name": name, "rank": rank, "validity_months": months}
        )
