"""A workbook of an old system, and two people to sign for it."""

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest

from kernel.sheets import Column, write_workbook
from membership.takeover import running, services
from membership.takeover.models import Takeover
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tests.membership.conftest import clerk, store_id
from tests.membership.imports.conftest import private_folder

__all__ = ["clerk", "private_folder", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]
Sheets = Mapping[str, Sequence[Sequence[str]]]

SECOND = Actor(kind="staff", id=8, name="沈知远", grants=SYSTEM.grants)

OLD: Sheets = {
    "会员": [
        ["原会员号", "姓名", "手机号", "生日"],
        ["V1", "林静", "13900001234", "1985-03-17"],
        ["V2", "江河", "13700005678", ""],
    ],
    "车辆": [["原会员号", "车牌号", "车架号"], ["V1", "沪A12345", ""]],
    "会员卡": [
        ["卡号", "原会员号", "级别代码", "类型代码", "有效期至"],
        ["70000001", "V1", "GOLD", "ORDINARY", "2099-12-31"],
        ["70000002", "V2", "PLAIN", "ORDINARY", "2099-12-31"],
    ],
    "储值": [
        ["卡号", "本金余额（元）", "赠送余额（元）", "赠送有效期至"],
        ["70000001", "500.00", "50.00", "2099-06-30"],
        ["70000001", "80.5", "", ""],
        ["70000002", "0", "12.34", ""],
    ],
    "积分": [["卡号", "积分", "有效期至"], ["70000001", "1,200", "2099-06-30"], ["70000002", "7", ""]],
    "预存": [["原会员号", "预存余额（元）"], ["V2", "300"]],
}  # fmt: skip
SUMS = {
    "members": 2, "vehicles": 1, "cards": 2, "principal_fen": 58050, "bonus_fen": 6234, "points": 1207,
    "prepayment_fen": 30000,
}  # fmt: skip


def workbook(sheets: Sheets = OLD) -> bytes:
    """A workbook with these sheets, all cells texts."""
    kept = io.BytesIO()
    write_workbook(kept, [(name, [Column(title) for title in rows[0]], rows[1:]) for name, rows in sheets.items()])
    return kept.getvalue()


@pytest.fixture
def bring(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Takeover]:
    """``bring(sheets)``: a workbook taken in; no worker has looked at it."""

    def take(sheets: Sheets = OLD) -> Takeover:
        with in_chain():
            return services.upload(actor=clerk, content=[workbook(sheets)], filename="旧系统.xlsx", store_id=store_id)

    return take


@pytest.fixture
def advance(chain: Chain, in_chain: InChain) -> Callable[[Takeover], Takeover]:
    """Do what a worker does, here; the take-over as it then stands."""

    def run(takeover: Takeover) -> Takeover:
        running.advance(chain.schema_name, takeover.pk)
        with in_chain():
            return Takeover.objects.get(pk=takeover.pk)

    return run


@pytest.fixture
def signed(in_chain: InChain, clerk: Actor) -> Callable[..., None]:
    """``signed(takeover)``: both people have signed."""

    def sign(takeover: Takeover, sums: Mapping[str, Any] = SUMS) -> None:
        for person in (clerk, SECOND):
            with in_chain():
                services.sign(actor=person, takeover_id=takeover.pk, sums=sums)

    return sign
