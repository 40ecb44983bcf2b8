"""Every row lock of this app: chains' accounts, in the order of their ids."""

from collections.abc import Collection
from typing import NamedTuple

from billing.accounts.domain import ARREARS, PREPAID, AccountStanding
from ledger.models import Account


class Held(NamedTuple):
    """A chain's two accounts, locked, and what they say."""

    prepaid_id: int
    arrears_id: int
    standing: AccountStanding


def hold_accounts(chain_ids: Collection[int]) -> dict[int, Held]:
    """Lock both accounts of every chain as a posting does, in one statement; by chain. Requires a transaction.

    A chain without accounts is missing from the answer.
    """
    locked = (
        Account.objects.select_for_update(no_key=True)
        .filter(kind__in=(PREPAID, ARREARS), holder_id__in=list(set(chain_ids)))
        .order_by("id")
        .values_list("holder_id", "kind", "id", "balance")
    )
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for holder_id, kind, account_id, balance in locked:
        found.setdefault(holder_id, {})[kind] = (account_id, balance)
    held = {}
    for chain_id, accounts in found.items():
        (prepaid_id, prepaid), (arrears_id, arrears) = accounts[PREPAID], accounts[ARREARS]
        held[chain_id] = Held(prepaid_id, arrears_id, AccountStanding(prepaid, -arrears))
    return held
