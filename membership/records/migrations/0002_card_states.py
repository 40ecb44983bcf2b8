"""Records of the states of a card: loss and freezing, and the end of either."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="record", name="record_kind_known"),
        migrations.AlterField(
            model_name="record",
            name="kind",
            field=models.CharField(
                choices=[
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
                ],
                max_length=16,
                verbose_name="类型",
            ),
        ),
        migrations.AddConstraint(
            model_name="record",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "ISSUE",
                            "TOP_UP",
                            "CONSUMPTION",
                            "REVERSAL",
                            "ADJUSTMENT",
                            "LOSS",
                            "LOSS_LIFTED",
                            "FREEZE",
                            "UNFREEZE",
                            "LEVEL_CHANGE",
                        ],
                    )
                ),
                name="record_kind_known",
            ),
        ),
    ]
