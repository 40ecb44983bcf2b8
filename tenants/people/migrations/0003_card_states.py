"""Acts for the states of a card, for the presets that have them; and one role of a name."""

from typing import Any

from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Lower

from tenants.people import presets
from tenants.people.domain import Act

NEW = frozenset({Act.CARD_LOSS, Act.CARD_FREEZE})


def fill_cells(apps: Any, schema_editor: Any) -> None:
    """Chains that were there before get the new cells of the table; those of today have them already."""
    alias = schema_editor.connection.alias
    role_act = apps.get_model("people", "RoleAct")
    roles = {role.code: role for role in apps.get_model("people", "Role").objects.using(alias).filter(preset=True)}
    role_act.objects.using(alias).bulk_create(
        [
            role_act(role=roles[preset.code], act=act.value)
            for preset in presets.PRESETS
            if preset.code in roles
            for act in sorted(preset.acts & NEW)
        ],
        ignore_conflicts=True,
    )


def tell_namesakes_apart(apps: Any, schema_editor: Any) -> None:
    """Roles of one name get a number behind it; the first keeps the name."""
    if schema_editor.connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
        return
    alias = schema_editor.connection.alias
    taken: set[str] = set()
    for role in apps.get_model("people", "Role").objects.using(alias).order_by("-preset", "pk"):
        name, number = role.name, 2
        while name.lower() in taken:
            name, number = f"{role.name[:36]} {number}", number + 1
        taken.add(name.lower())
        if name != role.name:
            role.name = name
            role.save(using=alias, update_fields=["name"])


class Migration(migrations.Migration):
    dependencies = [("people", "0002_presets")]

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
                ],
                max_length=40,
                verbose_name="操作",
            ),
        ),
        migrations.RunPython(tell_namesakes_apart, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(Lower("name"), name="role_name_once"),
        ),
        migrations.RunPython(fill_cells, migrations.RunPython.noop),
    ]
