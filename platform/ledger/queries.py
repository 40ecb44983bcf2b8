"""Reading the books of the schema that is chosen."""

from django.db.models import F, QuerySet, Sum

from ledger.models import Account, Lot


def balance(account_id: int) -> int:
    """What the account holds, in its unit's whole minor units.

    Raises:
        Account.DoesNotExist
    """
    return Account.objects.values_list("balance", flat=True).get(id=account_id)


def lots_of(account_id: int) -> QuerySet[Lot]:
    """The account's lots that still hold something, earliest expiry first; expired ones included."""
    return Lot.objects.filter(account_id=account_id, live=True).order_by(
        F("expires_at").asc(nulls_last=True), "opened_at", "id"
    )


def split(account_id: int) -> dict[str, int]:
    """What the account's lots hold, by kind (principal, bonus…)."""
    kinds = Lot.objects.filter(account_id=account_id, live=True).values_list("kind").annotate(held=Sum("remaining"))
    return dict(kinds.order_by("kind"))
