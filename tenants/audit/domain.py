"""The words of the trail: what each act and each kind of object is called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.people.domain import Act

ACTS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        **{act.value: act.label for act in Act},
        "account.login": _("登录"),
        "apikey.create": _("新建接口密钥"),
        "apikey.revoke": _("吊销接口密钥"),
        "card.expire": _("会员卡到期"),
        "card.locked": _("锁定或解锁卡"),
        "card.paid": _("确认卡款到账"),
        "card.destroy": _("销毁会员卡"),
        "card.status": _("变更卡状态"),
        "chain.provision": _("开通商户"),
        "chain.request": _("申请开通商户"),
        "chain.retry": _("重试开通"),
        "consent.give": _("登记同意"),
        "consent.withdraw": _("撤回同意"),
        "consent.wording": _("发布同意书文本"),
        "desk.enter": _("凭入场券进入前台"),
        "desk.ticket": _("领取入场券"),
        "document.approve": _("审批单据"),
        "document.cancel": _("作废单据"),
        "document.complete": _("完成单据"),
        "document.draft": _("新建单据"),
        "document.edit": _("修改单据"),
        "document.reject": _("驳回单据"),
        "document.submit": _("提交单据"),
        "document.unapprove": _("反审核单据"),
        "dormancy.freeze": _("冻结睡眠卡"),
        "expiry.rules": _("修改到期规则"),
        "expiry.run": _("到期处理"),
        "import.cancel": _("取消导入"),
        "import.confirm": _("确认导入"),
        "import.upload": _("上传导入文件"),
        "member.document": _("登记证件"),
        "member.document_removed": _("删除证件登记"),
        "member.edit": _("修改会员资料"),
        "member.erase": _("删除个人信息"),
        "member.export": _("导出个人信息"),
        "member.forget": _("依法留存到期删除"),
        "member.id_check": _("核对证件号码"),
        "member.tags": _("修改会员标签"),
        "pin.change": _("会员修改密码"),
        "receipt.reprint": _("补打小票"),
        "role.assign": _("授予角色"),
        "role.create": _("新增角色"),
        "role.delete": _("删除角色"),
        "role.set_acts": _("修改角色权限"),
        "role.unassign": _("撤销角色"),
        "staff.close": _("停用员工账号"),
        "staff.create": _("开通员工账号"),
        "staff.edit": _("修改员工资料"),
        "staff.open": _("启用员工账号"),
        "staff.reset_password": _("重置员工密码"),
        "stock.codes": _("录入内部编码"),
        "stock.draw": _("领用卡片"),
        "stock.policy": _("修改库存设置"),
        "store.close": _("门店停业"),
        "store.open": _("门店开业"),
        "store.rename": _("门店改名"),
        "tag.create": _("新增标签"),
        "tag.edit": _("修改标签"),
        "vehicle.centres": _("修改维修中心"),
        "vehicle.create": _("车辆建档"),
        "vehicle.edit": _("修改车辆档案"),
        "vehicle.owner": _("变更车主"),
        "till.count": _("交班清点"),
    }
)
"""By the code that stands in the trail. A test finds here every code that is written."""

OBJECTS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "apikey": _("接口密钥"),
        "card": _("会员卡"),
        "card_level": _("卡级别"),
        "card_rules": _("用卡规则"),
        "card_type": _("卡类型"),
        "card_range": _("号段"),
        "chain": _("商户"),
        "consent_wording": _("同意书文本"),
        "document": _("单据"),
        "expiry": _("到期处理"),
        "import": _("导入"),
        "member": _("会员"),
        "record": _("卡片记录"),
        "role": _("角色"),
        "shift": _("交班清点"),
        "stock_policy": _("库存设置"),
        "store": _("门店"),
        "tag": _("标签"),
        "user": _("账号"),
        "vehicle": _("车辆"),
    }
)
