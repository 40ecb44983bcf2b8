"""A book that was prepared can be taken back."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pricebook", "0002_first_book")]

    operations = [
        migrations.AddField(
            model_name="book",
            name="withdrawn_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="撤回时间"),
        ),
        migrations.AddField(
            model_name="book",
            name="withdrawn_by",
            field=models.CharField(blank=True, db_default="", max_length=80, verbose_name="撤回人"),
        ),
        AddConstraintNotValid(
            model_name="book",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by", "")),
                    models.Q(
                        ("approved_at__isnull", True),
                        ("withdrawn_at__isnull", False),
                        models.Q(("withdrawn_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="pricebook_withdrawn_unapproved",
            ),
        ),
        ValidateConstraint(model_name="book", name="pricebook_withdrawn_unapproved"),
    ]
