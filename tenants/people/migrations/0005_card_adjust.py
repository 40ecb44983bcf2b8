"""Adjusting a card's level and vehicle, for the preset roles of chains that are there already (R-C06, R-C09)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models

CARD_ADJUST = "card.adjust"
PRESETS = ("OWNER", "MEMBER_SERVICE", "STORE_MANAGER")


def let_them_adjust(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
        return
    alias = schema_editor.connection.alias
    role_act = apps.get_model("people", "RoleAct")
    for role in apps.get_model("people", "Role").objects.using(alias).filter(code__in=PRESETS, preset=True):
        role_act.objects.using(alias).get_or_create(role=role, act=CARD_ADJUST)


class Migration(migrations.Migration):
    dependencies = [("people", "0004_treasury_files_faults")]

    operations = [
        migrations.AlterField(
            model_name="roleact",
            name="act",
            field=models.CharField(
                choices=[
                    ("card.make", "制卡"),
                    ("card.issue", "发卡"),
                    ("card.view", "查看会员卡"),
                    ("card.loss", "挂失与解挂"),
                    ("card.freeze", "冻结与解冻"),
                    ("member.create", "会员建档"),
                    ("member.view", "查看会员"),
                    ("value.top_up", "充值"),
                    ("value.consume", "消费"),
                    ("value.reverse", "冲正"),
                    ("pin.reset", "重置密码"),
                    ("report.view", "查看日报"),
                    ("register.view", "查看登记簿"),
                    ("store.manage", "门店管理"),
                    ("staff.manage", "员工与角色管理"),
                    ("apikey.manage", "接口密钥管理"),
                    ("audit.view", "查看操作记录"),
                    ("card.type", "卡类型与级别设置"),
                    ("card.reissue", "补卡与换卡"),
                    ("card.validity", "有效期调整"),
                    ("card.adjust", "级别与车辆绑定调整"),
                    ("card.collect", "退会与回收"),
                    ("stock.request", "制卡申请"),
                    ("stock.approve", "审批卡片申请"),
                    ("stock.deliver", "号段下发与领用"),
                    ("stock.count", "卡片盘点"),
                    ("stock.destroy", "卡片销毁"),
                    ("member.reveal", "查看完整证件号码"),
                    ("member.merge", "合并会员"),
                    ("value.policy", "收银规则设置"),
                    ("value.sign", "签单消费"),
                    ("value.settle", "签单结算"),
                    ("value.return", "退货退款"),
                    ("fault.report", "填写故障单"),
                    ("points.adjust", "积分调整"),
                    ("dormancy.list", "睡眠卡清单"),
                    ("dormancy.approve", "审批睡眠卡"),
                    ("data.import", "数据导入与接管"),
                    ("data.sign", "接管签字"),
                    ("data.export", "数据导出"),
                ],
                max_length=40,
                verbose_name="操作",
            ),
        ),
        migrations.RunPython(let_them_adjust, migrations.RunPython.noop),
    ]
