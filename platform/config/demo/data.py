"""Tables in the demo: a list of members with some faulty rows, an old system that waits for its second signature, an
export. Each stands for itself: what a broken run left out is made by the next.
"""

import io
from datetime import datetime, timedelta
from typing import Final

from kernel import clock
from kernel.clock import CHINA
from kernel.db import in_chain
from kernel.sheets import Column, write_workbook
from membership.exports.running import advance as write_export
from membership.exports.services import export_list
from membership.imports import running as importing
from membership.imports import services as imports
from membership.imports.models import Import
from membership.takeover import running as taking_over
from membership.takeover import services as takeovers
from membership.takeover.domain import TakeoverState
from membership.takeover.models import Takeover
from tenants.people.domain import Actor
from tenants.people.models import User
from tenants.people.queries import actor_of
from tenants.stores.models import Store

# Passports without a series, and telephones nobody has: they belong to no person.
_MEMBERS: Final = """姓名,手机号,生日,车牌号,证件类型,证件号码
蒋文清,19900005001,1979-05-12,沪A5D201,护照,E00000001
顾南乔,19900005002,1991-11-03,沪A5D202,护照,E00000002
蒋文清,19900005001,1979-05-12,,,
许知行,1990000,1988-02-30,,,
沈听澜,19900005005,,沪A5D205,居民身份证,110101199003078030
陆清和,19900005006,1984-08-21,沪A5D206,护照,E00000002
方予安,19900005007,1995-01-17,,,
"""
MEMBERS: Final = 3
"""So many lines of that list are sound; each of the others shows a fault."""
_PEOPLE: Final = (
    ("V1001", "纪云舒", "19900006001"),
    ("V1002", "温如言", "19900006002"),
    ("V1003", "岑远山", "19900006003"),
)
_OLD_SYSTEM: Final = {
    "会员": [
        ["原会员号", "姓名", "手机号", "生日", "证件类型", "证件号码"],
        *([ref, name, phone, "", "护照", f"E0000100{place}"] for place, (ref, name, phone) in enumerate(_PEOPLE)),
    ],
    "车辆": [["原会员号", "车牌号", "车架号"], ["V1001", "苏E6F301", ""], ["V1003", "苏E6F303", ""]],
    "会员卡": [
        ["卡号", "原会员号", "级别代码", "类型代码", "有效期至"],
        *([f"7700000{place}", ref, "GOLD", "ORDINARY", "2099-12-31"] for place, (ref, *_) in enumerate(_PEOPLE, 1)),
    ],
    "储值": [
        ["卡号", "本金余额（元）", "赠送余额（元）", "赠送有效期至"],
        ["77000001", "1280.50", "128.00", "2099-06-30"],
        ["77000002", "36.00", "", ""],
        ["77000003", "500.00", "50.00", "2099-12-31"],
    ],
    "积分": [["卡号", "积分", "有效期至"], ["77000001", "860", "2099-06-30"]],
    "预存": [["原会员号", "预存余额（元）"], ["V1002", "300.00"]],
}  # fmt: skip


def bring(schema_name: str, *, now: datetime) -> None:
    """Make what is missing. Opens its own transactions, as workers do."""
    with in_chain(schema_name):
        service, finance = (actor_of(User.objects.get(username=name)) for name in ("service", "finance"))
        store_id = Store.objects.order_by("code").values_list("pk", flat=True)[0]
        wanted = not Import.objects.exists(), not Takeover.objects.exists()
    with clock.frozen(now - timedelta(hours=3)):
        if wanted[0]:
            _import(schema_name, service, store_id)
            _export(schema_name, finance, store_id, now)
    with clock.frozen(now - timedelta(hours=1)):
        if wanted[1]:
            _old_system(schema_name, service, finance, store_id)


def _import(schema_name: str, actor: Actor, store_id: int) -> None:
    with in_chain(schema_name):
        imported = imports.upload(
            actor=actor, kind_code="MEMBERS", content=[_MEMBERS.encode()], filename="车友会名单.csv", store_id=store_id
        )
    importing.advance(schema_name, imported.pk)
    with in_chain(schema_name):
        imports.confirm(actor=actor, import_id=imported.pk)
    importing.advance(schema_name, imported.pk)


def _export(schema_name: str, actor: Actor, store_id: int, now: datetime) -> None:
    today = now.astimezone(CHINA).date()
    filters = {"first": (today - timedelta(days=365)).isoformat(), "last": today.isoformat()}
    with in_chain(schema_name):
        # One that waits on the list, as a long one does.
        asked = export_list(actor=actor, kind_code="RECORDS", filters=filters, store_id=store_id, at_once=0)
    if not isinstance(asked, bytes):
        write_export(schema_name, asked.pk)


def _old_system(schema_name: str, service: Actor, finance: Actor, store_id: int) -> None:
    book = io.BytesIO()
    write_workbook(book, [(name, [Column(title) for title in rows[0]], rows[1:]) for name, rows in _OLD_SYSTEM.items()])
    with in_chain(schema_name):
        takeover = takeovers.upload(
            actor=service, content=[book.getvalue()], filename="苏州分店旧系统.xlsx", store_id=store_id
        )
    taking_over.advance(schema_name, takeover.pk)
    with in_chain(schema_name):
        checked = Takeover.objects.get(pk=takeover.pk)
        if checked.state == TakeoverState.CHECKED:
            takeovers.sign(actor=finance, takeover_id=checked.pk, sums=checked.sums)
