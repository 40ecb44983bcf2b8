"""The owner finds the month's statement, reads its lines, and takes it home."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from billing.statements.services import make_due
from billing.subscriptions.services import begin_missing
from kernel import clock
from kernel.db import in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tests import cast

PATH = "/console/chains/yunshan/statements/"


@pytest.fixture
def console(client_of: Callable[..., Client], database: None) -> Client:
    """The browser of an owner whose chain is on plan B since 2 March 2026; March is stated."""
    chain = cast.request("yunshan", plan="B")
    with clock.frozen(datetime(2026, 3, 2, 4, tzinfo=UTC)), in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
    with clock.frozen(datetime(2026, 4, 1, 4, tzinfo=UTC)):
        make_due()
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    return browser


def test_the_list_the_lines_and_both_files(console: Client) -> None:
    page = console.get(PATH).content.decode()
    assert f'href="{PATH}2026-03/"' in page
    assert "¥204.00" in page
    lines = console.get(f"{PATH}2026-03/").content.decode()
    assert "会员卡云端 · 开通费 · B" in lines
    assert "-¥186.00" in lines
    assert "03-02 – 04-01" in lines
    pdf = console.get(f"{PATH}2026-03.pdf")
    assert (pdf["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    workbook = console.get(f"{PATH}2026-03.xlsx")
    assert workbook.content[:2] == b"PK"
    assert workbook["Content-Disposition"].startswith('attachment; filename="kayun-202603-')
    assert "没有变动" in console.get(f"{PATH}now/").content.decode()


@pytest.mark.parametrize("part", ["2026-02/", "2026-13/", "2026-04.pdf", "2026-04.xlsx"])
def test_a_month_without_statement_is_not_there(console: Client, part: str) -> None:
    assert console.get(f"{PATH}{part}").status_code == 404


@pytest.mark.parametrize("before", ["2026-03", "x", "2026-99"])
def test_any_cursor_is_answered(console: Client, before: str) -> None:
    assert console.get(PATH, {"before": before}).status_code == 200


def test_another_owners_statements_are_not_there(console: Client, client_of: Callable[..., Client]) -> None:
    stranger = client_of(None)
    with in_public():
        stranger.force_login(cast.make_owner())
    for part in ("", "now/", "2026-03/", "2026-03.pdf", "2026-03.xlsx"):
        assert stranger.get(PATH + part).status_code == 404
