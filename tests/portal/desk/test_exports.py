"""Exports at the desk: asked for from a list's page, fetched at once or from a page of their own."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from kernel.sheets import rows_of
from membership.exports import running, services
from membership.exports.models import Export
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act
from tests.membership.conftest import Holder
from tests.membership.imports.conftest import private_folder

__all__ = ["private_folder"]

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]


def _book(answer: object) -> list[object]:
    content = b"".join(answer) if getattr(answer, "streaming", False) else answer.content  # type: ignore[attr-defined,call-overload]
    return [cells for _number, cells in rows_of(io.BytesIO(content))]


def test_the_card_list_under_its_filters(owner_at_desk: Client, issue: Callable[..., Holder]) -> None:
    holder = issue("林静", top_up_fen=5_000)
    page = owner_at_desk.get("/desk/cards/?status=ACTIVE").content.decode()
    assert '<input type="hidden" name="status" value="ACTIVE">' in page
    answer = owner_at_desk.post("/desk/exports/new/CARDS/", {"status": "ACTIVE"})
    assert "attachment" in answer.headers["content-disposition"]
    _titles, *rows = _book(answer)
    assert [row[0] for row in rows] == [holder.number]  # type: ignore[index]


def test_a_long_one_is_fetched_from_its_page(
    owner_at_desk: Client, at_desk: AtDesk, issue: Callable[..., Holder], in_chain: InChain, chain: Chain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    issue("林静")
    monkeypatch.setattr(services, "AT_ONCE", 1)
    answer = owner_at_desk.post("/desk/exports/new/CARDS/")
    with in_chain():
        export = Export.objects.get()
    page = f"/desk/exports/{export.pk}/"
    assert answer.headers["location"] == page
    assert "hx-trigger" in owner_at_desk.get(page).content.decode()
    running.advance(chain.schema_name, export.pk)
    text = owner_at_desk.get(page).content.decode()
    assert "共 5 行" in text
    link = text.split('href="/desk/files/')[1].split('"')[0]
    assert len(_book(owner_at_desk.get(f"/desk/files/{link}"))) == 6
    assert "可下载" in owner_at_desk.get("/desk/exports/").content.decode()
    other = at_desk("TREASURY")
    assert other.get(page).status_code == 404
    assert other.get(f"/desk/files/{link}").status_code == 410


def test_the_day_as_the_page_shows_it(
    owner_at_desk: Client, at_desk: AtDesk, issue: Callable[..., Holder], in_chain: InChain
) -> None:
    issue("林静", top_up_fen=5_000)
    titles, *rows = _book(owner_at_desk.post("/desk/exports/day/", {"store": ""}))
    assert list(titles)[3:6] == ["业务", "笔数", "现金"]  # type: ignore[call-overload]
    assert any(float(row[5]) == 50 for row in rows)  # type: ignore[index]
    assert at_desk("CASHIER").post("/desk/exports/day/").status_code == 403
    with in_chain():
        assert AuditEntry.objects.filter(act=Act.DATA_EXPORT, detail__kind="DAY").count() == 1


def test_wrong_days_are_told(owner_at_desk: Client) -> None:
    assert owner_at_desk.post("/desk/exports/new/RECORDS/", {"first": "昨天"}).status_code == 422


@pytest.mark.parametrize("path", ["/desk/exports/", "/desk/exports/1/"])
def test_a_cashier_exports_nothing(at_desk: AtDesk, path: str) -> None:
    cashier = at_desk("CASHIER")
    assert cashier.get(path).status_code == 403
    assert cashier.post("/desk/exports/new/CARDS/").status_code == 403
    assert "导出 Excel" not in cashier.get("/desk/cards/").content.decode()
