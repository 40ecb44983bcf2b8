"""The 20 modules by number. The price list names none; the names are this product's reading (X-01)."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext_lazy as _

from billing.pricebook.domain import Module

# Before that day every chain had points and packages, and none paid for them.
_GATED: Final = date(2026, 11, 22)

_ALL = (
    Module(
        number=1,
        code="desk",
        name=_("门店前台"),
        unlocks=_("柜台办理会员卡、账户、单据与收银"),
        always_on=True,
        offered=True,
    ),
    Module(number=2, code="chain_hq", name=_("连锁总部"), unlocks=_("一卡多店通用、总部库存、店间结算")),
    Module(
        number=3,
        code="evidence_pack",
        name=_("协议与证据包"),
        unlocks=_("PDF 办卡协议、退款计算及其依据"),
        billable_call=_("每出具一份 PDF"),
    ),
    Module(
        number=4,
        code="reminders",
        name=_("提醒与关怀"),
        unlocks=_("生日（公历与农历）、余额不足、久未消费、到期提醒"),
        always_on=True,
    ),
    Module(
        number=5,
        code="archive_retrieval",
        name=_("历史档案调取"),
        unlocks=_("按需调取超出版本保留期的记录"),
        billable_call=_("每交付一份档案"),
        offered=True,
    ),
    Module(
        number=6,
        code="sms",
        name=_("短信"),
        unlocks=_("提醒、验证码与营销短信"),
        billable_call=_("每条运营商受理的短信"),
    ),
    Module(number=7, code="analytics", name=_("经营分析"), unlocks=_("看板、同期群与客群细分")),
    Module(
        number=8, code="points", name=_("会员积分"), unlocks=_("积分规则、到期与调整"), offered=True, sold_from=_GATED
    ),
    Module(number=9, code="dedicated", name=_("独享部署"), unlocks=_("本连锁的数据独占一个数据库节点")),
    Module(
        number=10,
        code="branding",
        name=_("门户品牌"),
        unlocks=_("会员门户使用自有标志、配色与卡面"),
        offered=True,
    ),
    Module(
        number=11,
        code="open_api",
        name=_("开放接口"),
        unlocks=_("供自有软件使用的 REST 接口"),
        billable_call=_("每次成功写入（重放不计）"),
        offered=True,
    ),
    Module(number=12, code="coupons", name=_("电子券"), unlocks=_("发券、积分换券、核销")),
    Module(number=13, code="rewards", name=_("积分兑换"), unlocks=_("奖品目录与兑换")),
    Module(
        number=14,
        code="packages",
        name=_("计次计时套餐"),
        unlocks=_("按次、按时计费的套餐"),
        offered=True,
        sold_from=_GATED,
    ),
    Module(
        number=15,
        code="identity_check",
        name=_("实名核验"),
        unlocks=_("由核验机构比对证件号与持卡人"),
        billable_call=_("每次得到答复的核验"),
    ),
    Module(
        number=16,
        code="card_cloud",
        name=_("会员卡云端"),
        unlocks=_("版本本身：会员门户，凭卡号与密码查卡、查余额、查记录"),
        always_on=True,
        offered=True,
    ),
    Module(number=17, code="finance", name=_("财务对接"), unlocks=_("凭证、转换规则、导出到总账")),
    Module(number=18, code="inventory", name=_("商品进销存"), unlocks=_("商品、出入库与退货入库")),
    Module(number=19, code="reports", name=_("报表"), unlocks=_("15 张报表，均可导出 Excel"), always_on=True),
    Module(number=20, code="commission", name=_("业务提成"), unlocks=_("员工提成规则与对账单")),
)

MODULES: Mapping[int, Module] = MappingProxyType({module.number: module for module in _ALL})
MODULES_BY_CODE: Mapping[str, Module] = MappingProxyType({module.code: module for module in _ALL})
