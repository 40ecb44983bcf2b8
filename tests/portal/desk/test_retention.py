"""How long records are kept, shown beforehand; and a card's old records fetched at the desk."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from billing.pricebook.modules import MODULES_BY_CODE
from kernel.db import in_public
from kernel.sheets import rows_of
from membership.retention import clearing, retrieving
from membership.retention.models import Retrieval
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tests.membership.conftest import Holder
from tests.membership.imports.conftest import private_folder
from tests.membership.retention.conftest import Past, past

__all__ = ["past", "private_folder"]

InChain = Callable[..., AbstractContextManager[None]]
PAGE = "/desk/retention/"


@pytest.fixture(autouse=True)
def _held(held_clock: object, private_folder: Path) -> None:
    """Noon of 2 March 2026 in China; plan A keeps three months."""


def test_what_goes_when_is_told_beforehand(
    owner_at_desk: Client, past: Past, holder: Holder, queries: Callable[[int], AbstractContextManager[None]]
) -> None:
    past(holder, date(2025, 11, 30), date(2025, 12, 1), date(2026, 1, 5), date(2026, 1, 31))
    context = owner_at_desk.get(PAGE).context
    assert (context["plan"], context["months_kept"], context["kept_since"]) == ("A", 3, date(2025, 12, 2))
    assert [
        (row["first_day"], row["records"], row["begins"], row["ends"], row["due"]) for row in context["months"]
    ] == [
        (date(2025, 11, 1), 1, date(2026, 2, 2), date(2026, 3, 1), True),
        (date(2025, 12, 1), 1, date(2026, 3, 2), date(2026, 4, 1), True),
        (date(2026, 1, 1), 2, date(2026, 4, 2), date(2026, 5, 1), False),
        (date(2026, 3, 1), 2, date(2026, 6, 2), date(2026, 7, 1), False),
    ]
    assert [(row["code"], row["clears"]) for row in context["plans"]] == [("A", 2), ("B", 0), ("C", 0)]
    with queries(12):
        owner_at_desk.get(PAGE)


def test_old_records_are_asked_for_read_and_fetched(
    owner_at_desk: Client,
    at_desk: Callable[..., Client],
    past: Past,
    holder: Holder,
    chain: Chain,
    in_chain: InChain,
) -> None:
    past(holder, date(2025, 11, 30), date(2025, 12, 1))
    clearing.run(chain.schema_name, seconds=60, rests=0)
    page = owner_at_desk.get(f"{PAGE}?number={holder.number}")
    assert page.context["form"].initial == {
        "card_number": holder.number,
        "first_day": "2025-11-30",
        "last_day": "2025-12-01",
    }
    assert [archive["records"] for archive in page.context["archives"]] == [2]
    asked = {"card_number": holder.number, "first_day": "2025-11-30", "last_day": "2025-11-30", "reason": "核对"}
    for wrong in ({"card_number": "99"}, {"last_day": "2025-11-01"}, {"reason": ""}):
        assert owner_at_desk.post(PAGE, asked | wrong).status_code in {400, 404, 422}

    answer = owner_at_desk.post(PAGE, asked)
    with in_chain():
        retrieval = Retrieval.objects.get()
    address = f"{PAGE}{retrieval.pk}/"
    assert answer.headers["location"] == address
    assert "hx-trigger" in owner_at_desk.get(address).content.decode()
    retrieving.advance(chain.schema_name, retrieval.pk)
    text = owner_at_desk.get(address).content.decode()
    assert "共 1 条记录" in text
    link = text.split('href="/desk/files/')[1].split('"')[0]
    book = io.BytesIO(b"".join(owner_at_desk.get(f"/desk/files/{link}").streaming_content))  # type: ignore[attr-defined]
    assert len(list(rows_of(book))) == 2
    other = at_desk("TREASURY")
    assert other.get(address).status_code == 404
    assert other.get(f"/desk/files/{link}").status_code == 410


def test_without_the_module_the_page_says_what_to_add(owner_at_desk: Client, chain: Chain, holder: Holder) -> None:
    number = MODULES_BY_CODE["archive_retrieval"].number
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(modules=[module for module in chain.modules if module != number])
    forget_hosts()
    page = owner_at_desk.get(PAGE).content.decode()
    assert "本商户尚未开通“历史档案调取”" in page
    assert 'name="card_number"' not in page
    asked = {"card_number": holder.number, "first_day": "2025-11-30", "last_day": "2025-11-30", "reason": "核对"}
    refused = owner_at_desk.post(PAGE, asked)
    assert refused.status_code == 403


def test_a_cashier_sees_nothing_of_it(at_desk: Callable[..., Client]) -> None:
    cashier = at_desk("CASHIER")
    assert cashier.get(PAGE).status_code == 403
    assert cashier.get(f"{PAGE}1/").status_code == 403
