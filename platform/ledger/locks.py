"""Every row lock of this app outside the engine's own first trip, in the same order: accounts by key."""

from collections.abc import Iterable

from ledger.models import Account


def lock_accounts(account_ids: Iterable[int]) -> dict[int, Account]:
    """Lock these accounts as a posting does, and read them; by key. Requires a transaction.

    For acts that must know what an account holds before they can say what to post: what is read afterwards stays until
    the transaction ends.
    """
    found = Account.objects.select_for_update(no_key=True).filter(id__in=set(account_ids)).order_by("id")
    return {account.pk: account for account in found}
