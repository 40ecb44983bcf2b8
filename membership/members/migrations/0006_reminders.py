"""Members may agree to be reminded of what ends: a purpose of its own, with the wording that they are asked."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

CHOICES = [
    ("MARKETING", "促销活动通知"),
    ("CARE", "生日与保养关怀"),
    ("PROFILING", "消费偏好分析"),
    ("REMINDER", "积分与卡片到期提醒"),
]
TEXT = (
    "我同意本商户通过我选择的方式提醒我：积分将要清零，会员卡因长期未使用将要暂停。"
    "不同意不影响办卡和消费，门店仍会公告；我可以随时撤回，撤回后立即停止发送。"
)
_RELEASED = datetime(2026, 11, 22, tzinfo=UTC)


def install_wording(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
        return
    wordings = apps.get_model("members", "ConsentWording").objects.using(schema_editor.connection.alias)
    wordings.get_or_create(purpose="REMINDER", version=1, defaults={"text": TEXT, "published_at": _RELEASED})


def _known() -> models.Q:
    return models.Q(purpose__in=[value for value, _label in CHOICES])


class Migration(migrations.Migration):
    dependencies = [("members", "0005_verified_phones")]

    operations = [
        migrations.RemoveConstraint(model_name="consent", name="consent_purpose_known"),
        migrations.RemoveConstraint(model_name="consentwording", name="wording_purpose_known"),
        migrations.AlterField(
            model_name="consent",
            name="purpose",
            field=models.CharField(choices=CHOICES, max_length=10, verbose_name="目的"),
        ),
        migrations.AlterField(
            model_name="consentwording",
            name="purpose",
            field=models.CharField(choices=CHOICES, max_length=10, verbose_name="目的"),
        ),
        AddConstraintNotValid(
            model_name="consent",
            constraint=models.CheckConstraint(condition=_known(), name="consent_purpose_known"),
        ),
        AddConstraintNotValid(
            model_name="consentwording",
            constraint=models.CheckConstraint(condition=_known(), name="wording_purpose_known"),
        ),
        ValidateConstraint(model_name="consent", name="consent_purpose_known"),
        ValidateConstraint(model_name="consentwording", name="wording_purpose_known"),
        migrations.RunPython(install_wording, migrations.RunPython.noop),
    ]
