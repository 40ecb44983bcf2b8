"""The desk's menu: every page that is an entrance, in groups. A new page is one line here, in the group where a person
would look for it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.pricebook.modules import MODULES_BY_CODE
from membership.imports.kinds import listed_kinds
from membership.requests.domain import HANDLED_BY
from tenants.people.domain import Act, Actor

_SHORT_MENU: Final = 14
"""Up to so many entries stand open; more fold into their groups."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page. ``key`` is what its view calls ``nav``; ``acts``: shown to whoever may do one of them somewhere, to
    everybody when there is none. ``also``: and one of these, where any are named. ``module``: and only where the chain
    has it.
    """

    key: str
    url_name: str
    label: str | Promise
    icon: str
    acts: tuple[Act, ...] = ()
    also: tuple[Act, ...] = ()
    module: str = ""

    @property
    def url(self) -> str:
        """The page's address on this chain's host."""
        return reverse(self.url_name)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together. ``code`` is how the browser remembers whether it stands open."""

    code: str
    label: str | Promise
    entries: tuple[Entry, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What the views of its pages call ``nav``."""
        return tuple(entry.key for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Menu:
    """What one person sees of it. ``is_short``: no group needs folding."""

    groups: tuple[Group, ...]
    is_short: bool


STOCK_ACTS: Final = (
    Act.STOCK_REQUEST,
    Act.STOCK_APPROVE,
    Act.STOCK_DELIVER,
    Act.STOCK_COUNT,
    Act.STOCK_DESTROY,
    Act.CARD_MAKE,
)
IMPORTED_ACTS: Final = tuple(dict.fromkeys(each.act for each in listed_kinds()))
"""What importing asks for besides itself: the act that each row is, of one kind or another."""

DOCUMENT_ACTS: Final = (
    *STOCK_ACTS,
    Act.DORMANCY_LIST,
    Act.DORMANCY_APPROVE,
    Act.CARD_TYPE,
    Act.CARD_VALIDITY,
    Act.CARD_ADJUST,
)
"""The acts that documents ask for; which documents somebody sees is each kind's matter."""

RETENTION_ACTS: Final = (Act.DATA_EXPORT, Act.AUDIT_VIEW, Act.STORE_MANAGE)
"""Who sees how long records are kept."""

REQUEST_ACTS: Final = tuple(HANDLED_BY.values())
"""Who deals with what members ask for."""

# fmt: off
MENU: Final = (
    Group("till", _("收银"), (
        Entry("home", "desk:home", _("今日"), "home"),
        Entry("till", "desk:till", _("收银台"), "till", (Act.VALUE_CONSUME, Act.VALUE_TOP_UP)),
    )),
    Group("cards", _("会员卡"), (
        Entry("issue", "desk:card_issue", _("会员卡发卡"), "card-hand", (Act.CARD_ISSUE,)),
        Entry("applications", "desk:applications", _("网上申请"), "file-in", (Act.CARD_ISSUE,)),
        Entry("cards", "desk:card_list", _("会员卡管理"), "card"),
        Entry("dormancy", "desk:dormancy", _("睡眠卡"), "lock", (Act.DORMANCY_LIST, Act.DORMANCY_APPROVE)),
        Entry("make", "desk:card_make", _("会员卡制卡"), "card-plus", (Act.CARD_MAKE,)),
    )),
    Group("members", _("会员资料"), (
        Entry("members", "desk:member_list", _("会员档案"), "people", (Act.MEMBER_VIEW,)),
        Entry("messages", "desk:messages", _("会员消息"), "mail", (Act.MEMBER_CREATE,)),
        Entry("member_requests", "desk:member_requests", _("转让与退卡申请"), "refund", REQUEST_ACTS),
        Entry("vehicles", "desk:vehicle_list", _("车辆档案"), "car", (Act.MEMBER_VIEW,)),
        Entry("buyers", "desk:buyer_list", _("购卡登记"), "list", (Act.MEMBER_VIEW,)),
        Entry("duplicates", "desk:duplicates", _("重复会员"), "copy", (Act.MEMBER_MERGE,)),
    )),
    Group("value", _("储值与积分"), (
        Entry("prepayment", "desk:prepayment", _("预存"), "coins", (Act.VALUE_TOP_UP, Act.VALUE_REVERSE)),
        Entry("signed_bills", "desk:signed_bills", _("签单"), "receipt", (Act.VALUE_SETTLE, Act.VALUE_SIGN)),
        Entry(
            "packages", "desk:card_packages", pgettext_lazy("menu", "套餐"), "gift", (Act.VALUE_CONSUME,),
            module="packages",
        ),
        Entry("points", "desk:points_adjust", _("积分调整"), "adjust", (Act.POINTS_ADJUST,), module="points"),
        Entry("package_products", "desk:package_products", _("套餐商品"), "book", (Act.VALUE_POLICY,), (), "packages"),
        Entry("value_rules", "desk:value_rules", _("收银规则"), "gear", (Act.VALUE_POLICY,)),
        Entry("expiry", "desk:expiry", _("积分到期"), "list", (Act.DORMANCY_LIST, Act.POINTS_ADJUST, Act.VALUE_POLICY)),
    )),
    Group("stock", _("卡片库存"), (
        Entry("stock", "desk:stock", _("库存总览"), "grid", STOCK_ACTS),
        Entry("stock_ranges", "desk:stock_ranges", _("号段与下发"), "list", (Act.STOCK_DELIVER, Act.CARD_MAKE)),
        Entry("stock_draw", "desk:stock_draw", _("卡片领用"), "card-hand", (Act.STOCK_DELIVER,)),
        Entry("stock_count", "desk:stock_count", _("卡片盘点"), "check", (Act.STOCK_COUNT,)),
        Entry("stock_destroy", "desk:stock_destroy", _("卡片销毁"), "cross", (Act.STOCK_DESTROY,)),
    )),
    Group("documents", _("单据"), (
        Entry("documents", "desk:documents", _("单据办理"), "receipt", DOCUMENT_ACTS),
    )),
    Group("data", _("数据"), (
        Entry("imports", "desk:import_list", _("数据导入"), "file-in", (Act.DATA_IMPORT,), IMPORTED_ACTS),
        Entry("exports", "desk:export_list", _("数据导出"), "file-out", (Act.DATA_EXPORT,)),
        Entry("retention", "desk:retention", _("记录与档案"), "clock", RETENTION_ACTS),
        Entry("takeover", "desk:takeover_list", _("旧系统接管"), "stores", (Act.DATA_IMPORT, Act.DATA_SIGN)),
    )),
    Group("reports", _("报表与记录"), (
        Entry("day", "desk:day", _("日结"), "receipt", (Act.REPORT_VIEW, Act.VALUE_CONSUME, Act.VALUE_TOP_UP)),
        Entry("registers", "registers:index", _("登记簿"), "book", (Act.REGISTER_VIEW,)),
        Entry("audit", "desk:audit", _("操作记录"), "list", (Act.AUDIT_VIEW,)),
    )),
    Group("settings", _("设置"), (
        Entry("staff", "desk:staff_list", _("员工"), "people", (Act.STAFF_MANAGE,)),
        Entry("roles", "desk:roles", _("角色权限"), "shield", (Act.STAFF_MANAGE,)),
        Entry("card_types", "desk:card_types", _("卡类型与级别"), "card", (Act.CARD_TYPE,)),
        Entry("stores", "desk:store_list", pgettext_lazy("menu", "门店"), "store", (Act.STORE_MANAGE,)),
        Entry("wordings", "desk:consent_wordings", _("同意书文本"), "book", (Act.STORE_MANAGE,)),
        Entry("branding", "desk:branding", _("门户品牌"), "gift", (Act.STORE_MANAGE,)),
        Entry("api_keys", "desk:api_keys", _("接口密钥"), "plug", (Act.APIKEY_MANAGE,)),
    )),
)
# fmt: on


def menu_for(actor: Actor, *, modules: Collection[str] = MODULES_BY_CODE) -> Menu:
    """The groups with the entries this person may open, in a chain with these modules; groups without any are left
    out.
    """
    groups = []
    for group in MENU:
        entries = tuple(entry for entry in group.entries if _is_shown(entry, actor, modules))
        if entries:
            groups.append(Group(group.code, group.label, entries))
    return Menu(tuple(groups), sum(len(group.entries) for group in groups) <= _SHORT_MENU)


def _is_shown(entry: Entry, actor: Actor, modules: Collection[str]) -> bool:
    if entry.module and entry.module not in modules:
        return False
    return all(not acts or any(actor.may_somewhere(act) for act in acts) for acts in (entry.acts, entry.also))
