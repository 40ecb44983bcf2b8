"""A take-over at the desk: uploaded, tried, signed by two, and taken back."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kernel.sheets import sheet_names
from membership.cards.models import Card
from membership.takeover import running
from membership.takeover.models import Takeover
from tenants.chains.models import Chain
from tests.membership.imports.conftest import private_folder
from tests.membership.takeover.conftest import workbook

__all__ = ["private_folder"]

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

TYPED = {
    "members": "2", "vehicles": "1", "cards": "2", "principal_fen": "580.50", "bonus_fen": "62.34", "points": "1207",
    "prepayment_fen": "300",
}  # fmt: skip


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_the_whole_way_and_back(owner_at_desk: Client, at_desk: AtDesk, chain: Chain, in_chain: InChain) -> None:
    file = SimpleUploadedFile("旧系统.xlsx", workbook(), content_type="application/zip")
    owner_at_desk.post("/desk/takeover/", {"file": file})
    with in_chain():
        takeover = Takeover.objects.get()
    page = f"/desk/takeover/{takeover.pk}/"
    assert "正在读取" in _text(owner_at_desk.get(page))
    running.advance(chain.schema_name, takeover.pk)
    assert "580.50" in _text(owner_at_desk.get(page))
    differs = owner_at_desk.post(page, TYPED | {"points": "1208"})
    assert differs.status_code == 409
    assert "“积分”不一致" in _text(differs)
    signed = owner_at_desk.post(page, TYPED, follow=True)
    assert "我已核对，签字" not in _text(signed)
    assert at_desk("HEAD_OFFICE").post(page, TYPED).status_code == 302
    running.advance(chain.schema_name, takeover.pk)
    assert "入账合计与签字一致" in _text(owner_at_desk.get(page))
    assert owner_at_desk.post(f"{page}undo/").status_code == 302
    assert "正在撤销" in _text(owner_at_desk.get(page))
    running.advance(chain.schema_name, takeover.pk)
    assert "余额已冲正" in _text(owner_at_desk.get(page))
    with in_chain():
        assert Card.objects.count() == 0


def test_the_template_has_every_sheet(owner_at_desk: Client) -> None:
    answer = owner_at_desk.get("/desk/takeover/template/")
    assert sheet_names(io.BytesIO(answer.content)) == ["会员", "车辆", "会员卡", "储值", "积分", "预存"]


@pytest.mark.parametrize("path", ["/desk/takeover/", "/desk/takeover/1/", "/desk/takeover/template/"])
def test_a_cashier_takes_nothing_over(at_desk: AtDesk, in_chain: InChain, path: str) -> None:
    assert at_desk("CASHIER").get(path).status_code == 403
    with in_chain():
        assert Card.objects.count() == 0
