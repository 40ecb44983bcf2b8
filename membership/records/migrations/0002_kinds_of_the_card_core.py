"""Kinds of records for everything that the life of a card and its value can bring."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

CHOICES = [
    ("ISSUE", "发卡"),
    ("TOP_UP", "充值"),
    ("CONSUMPTION", "消费"),
    ("REVERSAL", "冲正"),
    ("ADJUSTMENT", "调整"),
    ("LOSS", "挂失"),
    ("LOSS_LIFTED", "解挂"),
    ("FREEZE", "冻结"),
    ("UNFREEZE", "解冻"),
    ("LEVEL_CHANGE", "级别变更"),
    ("ACTIVATION", "激活"),
    ("PREPAYMENT", "预存"),
    ("REFUND", "退款"),
    ("RETURN", "退货"),
    ("SIGNED_BILL", "签单"),
    ("SETTLEMENT", "结算"),
    ("POINTS", "积分变动"),
    ("POINTS_EXPIRY", "积分清零"),
    ("EXPIRY", "到期失效"),
    ("PACKAGE", "套餐"),
    ("OPENING", "期初接管"),
    ("MOVE_OUT", "转出"),
    ("MOVE_IN", "转入"),
    ("REISSUE", "补卡"),
    ("REPLACEMENT", "换卡"),
    ("FEE", "工本费"),
    ("VALIDITY", "有效期调整"),
    ("EXPIRED", "过期"),
    ("REACTIVATION", "重新激活"),
    ("PIN_LOCK", "密码锁定"),
    ("PIN_UNLOCK", "密码解锁"),
    ("LOCK", "锁定"),
    ("UNLOCK", "解除锁定"),
    ("WITHDRAWAL", "退会"),
    ("COLLECTION", "回收"),
    ("DESTRUCTION", "销毁"),
]


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="record", name="record_kind_known"),
        migrations.AlterField(
            model_name="record",
            name="kind",
            field=models.CharField(choices=CHOICES, max_length=16, verbose_name="类型"),
        ),
        AddConstraintNotValid(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(kind__in=[value for value, _label in CHOICES]), name="record_kind_known"
            ),
        ),
        ValidateConstraint(model_name="record", name="record_kind_known"),
    ]
