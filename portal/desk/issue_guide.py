"""What the issue of a card asks, told from the card's type before anything is typed in vain (R-E03, R-E07, R-H01)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kernel.errors import listed
from membership.cards.domain import CardStatus
from membership.cards.models import Card, CardType
from membership.cards.policy import TypeKind, UseBy
from membership.cards.queries import find_card
from membership.cards.services.issuing import spend_missing
from membership.members.models import Member
from portal.desk.forms import IssueForm
from portal.rows import card_row
from tenants.people.domain import Act, Actor

_EVERYBODY = (IssueForm.NEW, IssueForm.EXISTING, IssueForm.NOBODY)


@dataclass(frozen=True, slots=True)
class Guide:
    """What is told of a card that somebody is about to issue: the card, what keeps it from being issued, what its type
    asks, to whom it may go, and whether the desk must file the member first.
    """

    card: dict[str, Any] | None
    obstacles: list[str]
    hints: list[str]
    takers: tuple[str, ...]
    files_first: bool = False


def guide_of(number: str, *, actor: Actor, store_id: int | None, member: Member | None) -> Guide | None:
    """The guide for a card by its number, as typed; None where none was. Four queries at most."""
    if not number.strip():
        return None
    card = find_card(number)
    if card is None:
        return Guide(None, [_("没有这张卡，请核对卡号。")], [], _EVERYBODY)
    takers = _takers(card)
    return Guide(
        card=card_row(card),
        obstacles=_obstacles(card, actor, store_id),
        hints=_hints(card, member),
        takers=takers,
        files_first=takers == (IssueForm.EXISTING,),
    )


def chosen_of(takers: tuple[str, ...], wanted: str) -> str:
    """Who is chosen among those to whom the card may go: as wanted, if she may have it."""
    return wanted if wanted in takers else takers[0]


def approval_labels(card_type: CardType) -> list[str]:
    """Whose approvals enable the type, in order; the database keeps them in Chinese."""
    labels: list[str] = [step["label"] for step in card_type.approvals]
    return [_(label) for label in labels]


def may_issue(number: str, actor: Actor) -> bool:
    """Whether somebody may issue cards at all, or at least this one: finance its complimentary ones (R-L02)."""
    if actor.may_somewhere(Act.CARD_ISSUE):
        return True
    card = find_card(number) if number.strip() else None
    return card is not None and actor.may_somewhere(card.type.issue_act)


def _takers(card: Card) -> tuple[str, ...]:
    if card.type.kind == TypeKind.GIFT:
        return (IssueForm.NOBODY,)
    if card.type.real_name or card.type.use_by == UseBy.VEHICLE:
        # The counter files name and telephone only: her document, or her vehicle, must be on record already.
        return (IssueForm.EXISTING,)
    return (IssueForm.NEW, IssueForm.EXISTING) if card.type.member_required else _EVERYBODY


def _obstacles(card: Card, actor: Actor, store_id: int | None) -> list[str]:
    said = []
    if card.status != CardStatus.IDLE:
        said.append(_("这张卡的状态是“%(status)s”，只有空闲的卡可以发。") % {"status": card.get_status_display()})
    if card.type.enabled_at is None:
        approvals = approval_labels(card.type)
        text = _("卡类型尚未启用，须先经 %(who)s 审批。") if approvals else _("卡类型尚未启用。")
        said.append(text % {"who": listed(approvals)} if approvals else text)
    act = Act(card.type.issue_act)
    if not actor.may(act, store_id=store_id):
        said.append(_("这种卡由有“%(act)s”权限的人员发放。") % {"act": act.label})
    return said


def _hints(card: Card, member: Member | None) -> list[str]:
    of_type, said = card.type, []
    if of_type.kind == TypeKind.GIFT:
        said.append(_("不登记会员资料，发给持卡人。"))
    if of_type.real_name:
        said.append(_("须实名：会员须已登记身份证件和手机号。"))
    if of_type.use_by == UseBy.VEHICLE:
        said.append(_("须绑定会员的一辆车。"))
    if not of_type.top_up_allowed:
        said.append(_("售出时一次充入，以后不能再充值。"))
    if of_type.cards_per_id is not None:
        said.append(_("每证件限办 %(n)d 张。") % {"n": of_type.cards_per_id})
    missing = spend_missing(of_type, member)
    if missing is not None:
        said.append(_("办卡条件：%(condition)s。") % {"condition": missing})
    return said
