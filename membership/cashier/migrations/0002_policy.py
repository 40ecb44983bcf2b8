"""The one row of a chain's settings."""

from typing import Any

from django.db import migrations


def make_policy(apps: Any, schema_editor: Any) -> None:
    apps.get_model("cashier", "ChainPolicy").objects.using(schema_editor.connection.alias).get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("cashier", "0001_initial")]

    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]
