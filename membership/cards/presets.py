"""The levels that come with every chain (R-B09). A chain changes them as it likes; they are only where it begins."""

from typing import Any, Final

LEVELS: Final = (
    # code, name, rank, months of validity
    ("PLAIN", "普卡", 1, 24),
    ("SILVER", "银卡", 2, 24),
    ("GOLD", "金卡", 3, 36),
    ("DIAMOND", "钻石卡", 4, 60),
)


def install(level_model: Any, *, using: str) -> None:
    """Add the levels that a schema does not have yet. For migrations: takes the model as the migration sees it."""
    for code, name, rank, months in LEVELS:
        level_model.objects.using(using).get_or_create(
            code=code, defaults={"name": name, "rank": rank, "validity_months": months}
        )
