"""The roles that come with every chain: section Y of the requirements, as a table of roles × acts.

A preset is only where a chain begins: its cells are rows of the chain and its staff managers edit them. Left out on
purpose: the card maker (制卡供应商) never enters the system, and card holders (持卡用户) are not users.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.people.domain import Act

OWNER_ROLE: Final = "OWNER"


@dataclass(frozen=True, slots=True)
class Preset:
    """A role as it stands in a new chain. ``name`` is also its translation key: the database keeps the Chinese."""

    code: str
    name: str | Promise
    acts: frozenset[Act]


def _preset(code: str, name: str | Promise, *acts: Act) -> Preset:
    return Preset(code=code, name=name, acts=frozenset(acts))


_LOOK_UP = (Act.CARD_VIEW, Act.MEMBER_VIEW)
_REGISTRATION = (*_LOOK_UP, Act.MEMBER_CREATE, Act.CARD_ISSUE)
_TILL = (Act.VALUE_TOP_UP, Act.VALUE_CONSUME)
_MENDING = (Act.PIN_RESET, Act.CARD_LOSS, Act.CARD_FREEZE)
_PAPERS = (Act.REPORT_VIEW, Act.REGISTER_VIEW)

PRESETS: Final = (
    # The owner's own account; its cells are fixed, so that somebody can always let the others in.
    _preset(OWNER_ROLE, _("所有者"), *Act),
    # Approves permissions (R-G11), branches' requests and promotions (R-F01, R-G10).
    _preset(
        "HEAD_OFFICE",
        _("总办/总经理"),
        *_LOOK_UP,
        *_PAPERS,
        Act.STORE_MANAGE,
        Act.STAFF_MANAGE,
        Act.AUDIT_VIEW,
        Act.STOCK_APPROVE,
        Act.DORMANCY_APPROVE,
        Act.DATA_SIGN,
    ),
    # Keeps settings and connections (R-G01, R-G08, R-K05).
    _preset(
        "INFORMATION",
        _("信息部"),
        Act.CARD_VIEW,
        Act.REGISTER_VIEW,
        Act.STORE_MANAGE,
        Act.APIKEY_MANAGE,
        Act.AUDIT_VIEW,
        Act.CARD_TYPE,
        Act.VALUE_POLICY,
        Act.DATA_IMPORT,
    ),
    _preset("BRANCH_INFORMATION", _("分公司信息员"), Act.CARD_VIEW, Act.REGISTER_VIEW),
    # The only one who reverses (R-I05); files the fault form itself once the day is over (R-I06).
    _preset(
        "TREASURY",
        _("资金部"),
        *_LOOK_UP,
        *_PAPERS,
        Act.VALUE_REVERSE,
        Act.FAULT_REPORT,
        Act.CARD_COLLECT,
        Act.STOCK_DESTROY,
        Act.MEMBER_REVEAL,
        Act.VALUE_RETURN,
        Act.DATA_EXPORT,
    ),
    # Books top-ups and consumption and reconciles (R-K04).
    _preset(
        "FINANCE",
        _("财务"),
        *_LOOK_UP,
        *_PAPERS,
        Act.AUDIT_VIEW,
        Act.STOCK_COUNT,
        Act.STOCK_DESTROY,
        Act.VALUE_SETTLE,
        Act.DATA_SIGN,
        Act.DATA_EXPORT,
    ),
    # Checks what the cashier received (receipts, S1 3.4).
    _preset("CASH_OFFICER", _("出纳"), Act.CARD_VIEW, *_PAPERS, Act.VALUE_SETTLE),
    _preset("CASHIER", _("收银"), *_LOOK_UP, *_TILL, Act.VALUE_SIGN, Act.VALUE_SETTLE, Act.FAULT_REPORT),
    # Organises making, registration, loss, unlocking and look-up (R-F01, R-J01, R-K01, R-L08).
    _preset(
        "MEMBER_SERVICE",
        _("会员信息管理人员/客服"),
        *_REGISTRATION,
        *_PAPERS,
        Act.CARD_MAKE,
        *_MENDING,
        Act.CARD_REISSUE,
        Act.CARD_VALIDITY,
        Act.CARD_ADJUST,
        Act.CARD_COLLECT,
        Act.STOCK_REQUEST,
        Act.STOCK_DELIVER,
        Act.STOCK_COUNT,
        Act.STOCK_DESTROY,
        Act.MEMBER_REVEAL,
        Act.MEMBER_MERGE,
        Act.FAULT_REPORT,
        Act.POINTS_ADJUST,
        Act.DORMANCY_LIST,
        Act.DATA_IMPORT,
        Act.DATA_EXPORT,
    ),
    _preset(
        "STORE_MANAGER",
        _("店长/分公司负责人"),
        *_REGISTRATION,
        *_TILL,
        *_PAPERS,
        *_MENDING,
        Act.CARD_REISSUE,
        Act.CARD_VALIDITY,
        Act.CARD_ADJUST,
        Act.CARD_COLLECT,
        Act.STOCK_REQUEST,
        Act.STOCK_COUNT,
        Act.VALUE_SIGN,
        Act.VALUE_SETTLE,
        Act.VALUE_RETURN,
        Act.FAULT_REPORT,
    ),
    # Distributes ranges and registers what stores draw (R-F07, R-F08).
    _preset(
        "PLANNING", _("营运部/计划主管"), Act.CARD_VIEW, *_PAPERS, Act.STOCK_REQUEST, Act.STOCK_DELIVER, Act.STOCK_COUNT
    ),
    _preset("SUPPLY", _("供应链中心"), Act.CARD_VIEW),
    _preset("MARKETING", _("市场部/营销部"), Act.CARD_VIEW, Act.REPORT_VIEW),
    # Sells member cards (R-L02, R-L03).
    _preset("SALES", _("销售部"), *_REGISTRATION),
    # Store staff issue cards from the announced range (R-F07).
    _preset("CLERK", _("营业员/导购员"), *_REGISTRATION),
    # Consultants enter members beforehand; their leader hands out cards (R-M02).
    _preset("CONSULTANT", _("会籍顾问"), *_LOOK_UP, Act.MEMBER_CREATE),
    _preset("TEAM_LEADER", _("领班"), *_REGISTRATION, Act.REPORT_VIEW, Act.STOCK_DELIVER),
    # Reviews the form, hands over the card, sells at night (R-H08, R-L03), unlocks against ID (R-L08), takes loss
    # reports (R-J02).
    _preset(
        "FRONT_DESK",
        _("前台/总服务台"),
        *_REGISTRATION,
        *_TILL,
        Act.PIN_RESET,
        Act.CARD_LOSS,
        Act.CARD_REISSUE,
        Act.VALUE_SIGN,
        Act.VALUE_SETTLE,
        Act.FAULT_REPORT,
    ),
)


def install(role_model: Any, role_act_model: Any, *, using: str) -> None:
    """Add the presets that a schema lacks, with their acts; a role that is there is left as the chain made it.

    For migrations: takes the models as the migration sees them. May be run again when a preset joins the table.
    """
    for preset in PRESETS:
        role, made = role_model.objects.using(using).get_or_create(
            code=preset.code, defaults={"name": source_text(preset.name), "preset": True}
        )
        if made:
            role_act_model.objects.using(using).bulk_create(
                role_act_model(role=role, act=act.value) for act in sorted(preset.acts)
            )


def extend(role_model: Any, role_act_model: Any, acts: Iterable[Act], *, using: str) -> None:
    """Give acts that are new in a release to the preset roles of chains that are older than it.

    For migrations: a role that a chain made itself is left alone, and so is every act it had to decide on before.
    """
    fresh = frozenset(acts)
    for preset in PRESETS:
        role = role_model.objects.using(using).filter(code=preset.code, preset=True).first()
        if role is not None:
            role_act_model.objects.using(using).bulk_create(
                (role_act_model(role=role, act=act.value) for act in sorted(preset.acts & fresh)),
                ignore_conflicts=True,
            )


def source_text(name: str | Promise) -> str:
    """The Chinese that stands in the code, whatever language is active."""
    from django.utils.translation import override

    with override("zh-hans"):
        return str(name)
