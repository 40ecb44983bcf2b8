"""An application whose card nobody came for."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

CONSTRAINTS = (
    models.CheckConstraint(
        condition=models.Q(
            ("state__in", ["DRAFT", "SUBMITTED", "APPROVED", "SENT", "COLLECTED", "REJECTED", "WITHDRAWN", "LAPSED"])
        ),
        name="application_state_known",
    ),
    models.CheckConstraint(
        condition=models.Q(
            models.Q(
                ("card__isnull", False),
                ("decided_at__isnull", False),
                ("member__isnull", False),
                ("state__in", ["APPROVED", "SENT", "COLLECTED", "LAPSED"]),
                ("store__isnull", False),
            ),
            models.Q(
                ("card__isnull", True),
                ("decided_at__isnull", True),
                ("state__in", ["DRAFT", "SUBMITTED", "WITHDRAWN"]),
            ),
            models.Q(
                ("card__isnull", True),
                ("decided_at__isnull", False),
                ("state", "REJECTED"),
                models.Q(("reason", ""), _negated=True),
            ),
            _connector="OR",
        ),
        name="application_decision_whole",
    ),
    models.CheckConstraint(
        condition=models.Q(
            models.Q(("forget_on__isnull", False), ("state__in", ["COLLECTED", "REJECTED", "WITHDRAWN", "LAPSED"])),
            models.Q(("forget_on__isnull", True), ("state__in", ["DRAFT", "SUBMITTED", "APPROVED", "SENT"])),
            _connector="OR",
        ),
        name="application_forgotten_in_time",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("applications", "0002_insert_only")]

    operations = [
        migrations.AlterField(
            model_name="application",
            name="state",
            field=models.CharField(
                choices=[
                    ("DRAFT", "待验证手机号"),
                    ("SUBMITTED", "待审核"),
                    ("APPROVED", "已通过"),
                    ("SENT", "已寄出"),
                    ("COLLECTED", "已领取"),
                    ("REJECTED", "未通过"),
                    ("WITHDRAWN", "已撤回"),
                    ("LAPSED", "逾期未领"),
                ],
                default="DRAFT",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        *(migrations.RemoveConstraint(model_name="application", name=one.name) for one in CONSTRAINTS),
        *(AddConstraintNotValid(model_name="application", constraint=one) for one in CONSTRAINTS),
        *(ValidateConstraint(model_name="application", name=one.name) for one in CONSTRAINTS),
    ]
