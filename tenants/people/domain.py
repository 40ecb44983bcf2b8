"""Who may do what, where: kinds of users, acts, the presets of the matrix, and the actor of an act."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class UserKind(models.TextChoices):
    """What a user is to the product."""

    OWNER = "OWNER", _("所有者")
    """Signed up on the public site; owns chains."""
    PLATFORM = "PLATFORM", _("平台员工")
    """Works for the platform."""
    STAFF = "STAFF", _("员工")
    """Works for a chain."""


class Act(models.TextChoices):
    """Everything that the matrix can allow. Stored values are stable."""

    CARD_MAKE = "card.make", _("制卡")
    CARD_ISSUE = "card.issue", _("发卡")
    CARD_VIEW = "card.view", _("查看会员卡")
    CARD_LOSS = "card.loss", _("挂失与解挂")
    CARD_FREEZE = "card.freeze", _("冻结与解冻")
    MEMBER_CREATE = "member.create", _("会员建档")
    MEMBER_VIEW = "member.view", _("查看会员")
    VALUE_TOP_UP = "value.top_up", _("充值")
    VALUE_CONSUME = "value.consume", _("消费")
    VALUE_REVERSE = "value.reverse", _("冲正")
    PIN_RESET = "pin.reset", _("重置密码")
    REPORT_VIEW = "report.view", _("查看日报")
    REGISTER_VIEW = "register.view", _("查看登记簿")
    STORE_MANAGE = "store.manage", _("门店管理")
    STAFF_MANAGE = "staff.manage", _("员工与角色管理")
    APIKEY_MANAGE = "apikey.manage", _("接口密钥管理")
    AUDIT_VIEW = "audit.view", _("查看操作记录")
    CARD_TYPE = "card.type", _("卡类型与级别设置")
    CARD_REISSUE = "card.reissue", _("补卡与换卡")
    CARD_VALIDITY = "card.validity", _("有效期调整")
    CARD_ADJUST = "card.adjust", _("级别与车辆绑定调整")
    CARD_COLLECT = "card.collect", _("退会与回收")
    STOCK_REQUEST = "stock.request", _("制卡申请")
    STOCK_APPROVE = "stock.approve", _("审批卡片申请")
    STOCK_DELIVER = "stock.deliver", _("号段下发与领用")
    STOCK_COUNT = "stock.count", _("卡片盘点")
    STOCK_DESTROY = "stock.destroy", _("卡片销毁")
    MEMBER_REVEAL = "member.reveal", _("查看完整证件号码")
    MEMBER_MERGE = "member.merge", _("合并会员")
    VALUE_POLICY = "value.policy", _("收银规则设置")
    VALUE_SIGN = "value.sign", _("签单消费")
    VALUE_SETTLE = "value.settle", _("签单结算")
    VALUE_RETURN = "value.return", _("退货退款")
    FAULT_REPORT = "fault.report", _("填写故障单")
    POINTS_ADJUST = "points.adjust", _("积分调整")
    DORMANCY_LIST = "dormancy.list", _("睡眠卡清单")
    DORMANCY_APPROVE = "dormancy.approve", _("审批睡眠卡")
    DATA_IMPORT = "data.import", _("数据导入与接管")
    DATA_SIGN = "data.sign", _("接管签字")
    DATA_EXPORT = "data.export", _("数据导出")


ACT_GROUPS: Final[tuple[tuple[str | Promise, tuple[Act, ...]], ...]] = (
    (_("会员"), (Act.MEMBER_VIEW, Act.MEMBER_CREATE, Act.MEMBER_REVEAL, Act.MEMBER_MERGE)),
    (
        _("会员卡"),
        (
            Act.CARD_VIEW,
            Act.CARD_MAKE,
            Act.CARD_ISSUE,
            Act.PIN_RESET,
            Act.CARD_LOSS,
            Act.CARD_FREEZE,
            Act.CARD_REISSUE,
            Act.CARD_VALIDITY,
            Act.CARD_ADJUST,
            Act.CARD_COLLECT,
            Act.DORMANCY_LIST,
            Act.DORMANCY_APPROVE,
        ),
    ),
    (
        _("卡片库存"),
        (Act.STOCK_REQUEST, Act.STOCK_APPROVE, Act.STOCK_DELIVER, Act.STOCK_COUNT, Act.STOCK_DESTROY),
    ),
    (
        _("收银"),
        (
            Act.VALUE_TOP_UP,
            Act.VALUE_CONSUME,
            Act.VALUE_SIGN,
            Act.VALUE_SETTLE,
            Act.VALUE_RETURN,
            Act.VALUE_REVERSE,
            Act.FAULT_REPORT,
            Act.POINTS_ADJUST,
        ),
    ),
    (_("报表与登记簿"), (Act.REPORT_VIEW, Act.REGISTER_VIEW, Act.AUDIT_VIEW, Act.DATA_EXPORT)),
    (_("数据接管"), (Act.DATA_IMPORT, Act.DATA_SIGN)),
    (
        _("管理"),
        (Act.STORE_MANAGE, Act.STAFF_MANAGE, Act.APIKEY_MANAGE, Act.CARD_TYPE, Act.VALUE_POLICY),
    ),
)
"""The acts as the matrix shows them; a test finds each act here once."""

API_ACTS: Final = (Act.VALUE_CONSUME, Act.CARD_VIEW, Act.MEMBER_CREATE)
"""What a key of the chain's software may be given: what the API serves.

Cards, staff, keys and reversals stay with people (R-I05).
"""

OBLIGING: Final = frozenset({Act.CARD_MAKE.value, Act.CARD_ISSUE.value, Act.VALUE_TOP_UP.value})
"""What makes a chain owe its members more than before: withheld from a chain that has not paid the platform for long.
Everything else goes on, because the money on the cards is the members'.
"""

EVERYWHERE: Final = "all"


class NotAllowed(DomainError):
    """The actor's roles do not allow this act in this store."""

    code = "not_allowed"
    status = 403
    message = _("您没有“{act}”的权限，未作任何更改。请联系本商户的管理员。")


class AccountInArrears(DomainError):
    """The chain has owed the platform for longer than it is waited for: no new cards and no new money meanwhile."""

    code = "account_in_arrears"
    status = 402
    message = _("本商户账户欠费，暂停“{act}”。消费、退款、挂失与查询照常；所有者充值后立即恢复。未作任何更改。")


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does an act. ``grants`` maps an act to ``"all"`` or to the stores where it is allowed; what is
    ``withheld`` is refused whatever was granted (``AccountInArrears``).
    """

    kind: str
    id: int | None = None
    name: str = ""
    grants: Mapping[str, str | frozenset[int]] = field(default_factory=dict)
    withheld: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.kind if self.id is None else f"{self.kind}:{self.id}"

    def may(self, act: str, *, store_id: int | None = None) -> bool:
        """Whether the act is allowed in that store; with no store named, whether it is allowed everywhere."""
        granted = self.grants.get(act)
        if granted is None:
            return False
        return granted == EVERYWHERE or (store_id is not None and store_id in granted)

    def may_somewhere(self, act: str) -> bool:
        """Whether there is any store where the act is allowed: decides what a menu shows."""
        return bool(self.grants.get(act))

    @classmethod
    def recalled(cls, text: str, *, name: str) -> "Actor":
        """Whoever a row names: ``text`` as ``str(actor)`` gave it. For the trail of what is done in his name later; it
        may do nothing.
        """
        kind, _sep, number = text.partition(":")
        return cls(kind=kind, id=int(number) if number else None, name=name)

    @classmethod
    def with_cells(cls, *, kind: str, pk: int, name: str, cells: Iterable[tuple[str, int | None]]) -> "Actor":
        """An actor from (act, store) pairs, where no store means every store."""
        grants: dict[str, str | frozenset[int]] = {}
        for act, store_id in cells:
            before = grants.get(act, frozenset())
            if store_id is None or isinstance(before, str):
                grants[act] = EVERYWHERE
            else:
                grants[act] = before | {store_id}
        return cls(kind=kind, id=pk, name=name, grants=grants)


def require(actor: Actor, act: Act, *, store_id: int | None = None) -> None:
    """Pass if the actor may do the act in that store; with no store named, if he may do it everywhere.

    Raises:
        NotAllowed, AccountInArrears
    """
    if not actor.may(act, store_id=store_id):
        raise NotAllowed(act=act.label)
    if act in actor.withheld:
        raise AccountInArrears(act=act.label)


def require_somewhere(actor: Actor, act: Act) -> None:
    """Pass if there is any store where the actor may do the act: for pages that then show only those stores.

    Raises:
        NotAllowed
    """
    if not actor.may_somewhere(act):
        raise NotAllowed(act=act.label)


SYSTEM: Final = Actor(kind="system", name="system", grants=dict.fromkeys(Act.values, EVERYWHERE))


def require_platform(actor: Actor) -> int:
    """Pass the platform's own staff; the id of the account.

    Raises:
        NotAllowed
    """
    if actor.kind != "platform" or actor.id is None:
        raise NotAllowed(act=_("平台管理"))
    return actor.id
