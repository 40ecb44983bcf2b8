"""The trail in people's words: what an entry's objects, actors and details are called. A few queries a page, however
many entries it has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.money import Money
from membership.cards.domain import CardStatus, IdShown
from membership.cards.queries import levels
from membership.documents.domain import DocumentState
from membership.documents.kinds import kinds
from membership.members.domain import ConsentChannel, ConsentPurpose, ConsentSource, DocumentKind
from membership.stock.domain import CountCycle
from portal.actors import shown_name
from tenants.audit.domain import ACTS, OBJECTS
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act
from tenants.people.models import User
from tenants.people.queries import roles
from tenants.stores.queries import stores

_ACTS: Final = {act.value: act.label for act in Act}
_FIELDS: Final[Mapping[str, str | Promise]] = {
    "name": gettext_lazy("姓名"),
    "email": gettext_lazy("邮箱"),
    "phone": gettext_lazy("手机号"),
    "birthday": gettext_lazy("生日"),
    "category": gettext_lazy("客户类别"),
    "landline": gettext_lazy("固定电话"),
    "address": gettext_lazy("地址"),
    "lunar_month": gettext_lazy("农历生日：月"),
    "lunar_day": gettext_lazy("农历生日：日"),
    "lunar_leap": gettext_lazy("生在闰月"),
    "lunar_year": gettext_lazy("农历生日：年"),
    "vin": gettext_lazy("车架号"),
    "plate": gettext_lazy("车牌号"),
    "model_name": gettext_lazy("车型"),
    "registered_on": gettext_lazy("初次登记日期"),
    "valid_until": gettext_lazy("卡有效期"),
    "account_valid_until": gettext_lazy("账户到期日"),
    "level": gettext_lazy("卡级别"),
    "bound_vehicle": gettext_lazy("绑定车辆"),
}
_LABELS: Final[Mapping[str, str | Promise]] = {
    "card": gettext_lazy("会员卡"),
    "original_seen": gettext_lazy("已核对原件"),
    "delivery_offered": gettext_lazy("提供邮寄"),
    "photo_required": gettext_lazy("须上传证件照片"),
    "per_day": gettext_lazy("每天最多受理（份）"),
    "kept_days": gettext_lazy("结束后保留个人资料（天）"),
    "waits_days": gettext_lazy("通过后未领可作废（天）"),
    "drafts": gettext_lazy("未验证的申请"),
    "forgotten": gettext_lazy("删除个人资料的申请"),
    "acts": gettext_lazy("权限"),
    "agent": gettext_lazy("代办人"),
    "agent_id": gettext_lazy("代办人身份证号"),
    "id_matched": gettext_lazy("证件号码一致"),
    "id_shown": gettext_lazy("证件核对"),
    "phone_shared_with": gettext_lazy("手机号同时登记在"),
    "phone_before": gettext_lazy("原手机号"),
    "phone_after": gettext_lazy("新手机号"),
    "added": gettext_lazy("增加权限"),
    "added_tags": gettext_lazy("加上"),
    "amount_fen": gettext_lazy("金额"),
    "by_holder": gettext_lazy("会员本人办理"),
    "birthday_differs": gettext_lazy("生日与证件不同，已确认"),
    "changed": gettext_lazy("修改了"),
    "channel": gettext_lazy("渠道"),
    "closed_on": gettext_lazy("停业日期"),
    "code": gettext_lazy("编码"),
    "copy": gettext_lazy("副本序号"),
    "counted_fen": gettext_lazy("实点现金"),
    "difference_fen": gettext_lazy("差额"),
    "document": gettext_lazy("证件"),
    "field": gettext_lazy("项目"),
    "from": gettext_lazy("原为"),
    "from_member": gettext_lazy("原车主"),
    "how": gettext_lazy("方式"),
    "into": gettext_lazy("并入"),
    "announce_days": gettext_lazy("提前报备（工作日）"),
    "count_cycle": gettext_lazy("盘点周期"),
    "drawn_by": gettext_lazy("领用人"),
    "kind": gettext_lazy("单据类别"),
    "last": gettext_lazy("末号"),
    "level": gettext_lazy("卡级别"),
    "locked": gettext_lazy("锁定"),
    "member": gettext_lazy("会员编号"),
    "moved": gettext_lazy("移动"),
    "name": gettext_lazy("名称"),
    "outcome": gettext_lazy("结果"),
    "plan": gettext_lazy("版本"),
    "purpose": gettext_lazy("目的"),
    "quantity": gettext_lazy("数量"),
    "reason": gettext_lazy("原因"),
    "registration": gettext_lazy("登记编号"),
    "record": gettext_lazy("入账编号"),
    "is_staff": gettext_lazy("本商户员工"),
    "signed_limit_fen": gettext_lazy("签单限额"),
    "shared_with": gettext_lazy("证件同时登记在"),
    "reference": gettext_lazy("办理单号"),
    "replaces": gettext_lazy("旧卡号"),
    "request": gettext_lazy("申请事项"),
    "successor": gettext_lazy("新卡号"),
    "to_member": gettext_lazy("受让会员"),
    "release_when_made": gettext_lazy("制卡后直接可发"),
    "removed": gettext_lazy("取消权限"),
    "removed_tags": gettext_lazy("去掉"),
    "repair_centres": gettext_lazy("维修中心"),
    "replaced": gettext_lazy("替换原登记"),
    "retained_until": gettext_lazy("依法留存至"),
    "role": gettext_lazy("角色"),
    "to": gettext_lazy("改为"),
    "username": gettext_lazy("用户名"),
    "valid_until": gettext_lazy("有效期至"),
    "version": gettext_lazy("文本版本"),
    "what": gettext_lazy("涉及"),
    "first": gettext_lazy("从"),
    "until": gettext_lazy("到"),
    "worked": gettext_lazy("上班"),
    "removed_day": gettext_lazy("恢复为通用日历"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the things an entry names by key or code are called now. What is gone keeps its code."""

    stores: Mapping[int, str]
    people: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, entries: Iterable[AuditEntry]) -> "Names":
        """The names these entries need: four queries."""
        ids = {entry.object_id for entry in entries if entry.object_type == "user" and entry.object_id.isdecimal()}
        people = User.objects.filter(pk__in=sorted(int(pk) for pk in ids))
        return cls(
            stores={store.pk: store.name for store in stores()},
            people={str(person.pk): str(person) for person in people},
            roles={role.code: role.label for role in roles()},
            levels={level.code: level.name for level in levels()},
        )

    def of_object(self, entry: AuditEntry) -> str:
        """What the entry was done to."""
        if entry.object_type == "user":
            return self.people.get(entry.object_id, entry.object_id)
        if entry.object_type == "role":
            return self.roles.get(entry.object_id, entry.object_id)
        if entry.object_type == "store" and entry.object_id.isdecimal():
            return self.stores.get(int(entry.object_id), entry.object_id)
        return entry.object_id


def entry_row(entry: AuditEntry, names: Names) -> dict[str, Any]:
    """An entry as the page shows it."""
    return {
        "occurred_at": entry.occurred_at,
        "actor": entry.actor,
        "actor_name": shown_name(entry.actor, entry.actor_name),
        "act": entry.act,
        "act_label": ACTS.get(entry.act, entry.act),
        "object_label": OBJECTS.get(entry.object_type, entry.object_type),
        "object_name": names.of_object(entry),
        "store_name": None if entry.store_id is None else names.stores.get(entry.store_id, "?"),
        "details": [(_label(key, value), _said(key, value, names)) for key, value in entry.detail.items()],
    }


def _label(key: str, value: Any) -> str:
    if key == "document" and value not in DocumentKind.values:
        # The number of a paper of the desk, not a person's ID.
        return _("单据")
    return str(_LABELS.get(key, key))


def _said(key: str, value: Any, names: Names) -> str:
    """A value of an entry's detail. What is unknown stands as it was written: a trail hides nothing."""
    write = _WRITERS.get(key)
    if write is None:
        return _listed(value, str)
    try:
        return write(value, names)
    except (KeyError, TypeError, ValueError, AttributeError):
        return str(value)


def _listed(value: Any, name: Callable[[Any], str]) -> str:
    return _("、").join(name(part) for part in value) if isinstance(value, list) else name(value)


def _status(value: Any, names: Names) -> str:
    # A store's new name stands under the same key as a card's new status.
    for choices in (CardStatus, DocumentState):
        if value in choices.values:
            return str(choices(value).label)
    return str(value)


def _kind(value: Any, names: Names) -> str:
    return next((str(kind.label) for kind in kinds() if kind.code == value), str(value))


def _yes_or_no(value: Any, names: Names) -> str:
    return _("是") if value else _("否")


def _acts(value: Any, names: Names) -> str:
    return _listed(value, lambda act: str(_ACTS.get(act, act)))


def _day(value: Any, names: Names) -> str:
    return date_format(date.fromisoformat(value), "Y-m-d")


def _moved(value: Mapping[str, Any]) -> str:
    """What a merge moved: cards and plates by their numbers, consents by how many."""
    return _("；").join(f"{_MOVED.get(name, name)} {_listed(what, str)}" for name, what in value.items())


_MOVED: Final[Mapping[str, str | Promise]] = {
    "cards": gettext_lazy("会员卡"),
    "consents": gettext_lazy("同意"),
    "documents": gettext_lazy("身份证件"),
    "prepayment": gettext_lazy("预存"),
    "signed_bills": gettext_lazy("签单"),
    "tags": gettext_lazy("标签"),
    "vehicles": gettext_lazy("车辆"),
}
_OUTCOMES: Final[Mapping[str, str | Promise]] = {
    "MATCH": gettext_lazy("一致"),
    "NO_MATCH": gettext_lazy("不一致"),
    "NO_DOCUMENT": gettext_lazy("没有登记"),
    "PAUSED": gettext_lazy("暂停中"),
}

_WRITERS: Final[Mapping[str, Callable[[Any, Names], str]]] = {
    "acts": _acts,
    "added": _acts,
    "removed": _acts,
    "from": _status,
    "to": _status,
    "closed_on": _day,
    "channel": lambda value, names: str(ConsentChannel(value).label),
    "document": lambda value, names: str(DocumentKind(value).label),
    "id_matched": _yes_or_no,
    "id_shown": lambda value, names: str(IdShown(value).label),
    "how": lambda value, names: str(ConsentSource(value).label),
    "moved": lambda value, names: _moved(value),
    "outcome": lambda value, names: str(_OUTCOMES[value]),
    "purpose": lambda value, names: str(ConsentPurpose(value).label),
    "replaced": lambda value, names: _("是") if value else _("否"),
    "retained_until": _day,
    "valid_until": _day,
    "amount_fen": lambda value, names: Money(value).format(),
    "counted_fen": lambda value, names: Money(value).format(),
    "difference_fen": lambda value, names: Money(value).format(sign=True),
    "changed": lambda value, names: _listed(value, lambda name: str(_FIELDS.get(name, name))),
    "field": lambda value, names: str(_FIELDS[value]),
    "level": lambda value, names: names.levels.get(value, str(value)),
    "role": lambda value, names: names.roles.get(value, str(value)),
    "by_holder": _yes_or_no,
    "birthday_differs": _yes_or_no,
    "locked": _yes_or_no,
    "worked": _yes_or_no,
    "removed_day": _yes_or_no,
    "release_when_made": _yes_or_no,
    "kind": _kind,
    "count_cycle": lambda value, names: str(CountCycle(value).label),
}
