"""The one row of a chain's rules of expiry."""

from typing import Any

from django.db import migrations


def make_policy(apps: Any, schema_editor: Any) -> None:
    apps.get_model("expiry", "ExpiryPolicy").objects.using(schema_editor.connection.alias).get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("expiry", "0001_initial")]

    operations = [migrations.RunPython(make_policy, migrations.RunPython.noop)]
