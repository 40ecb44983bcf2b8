"""The one row that says how far records are cleared; what was archived and delivered is never taken back."""

from typing import Any

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
REVOKE ALL ON retention_clearing, retention_archive, retention_retrieval FROM {_APP};
GRANT SELECT, INSERT, UPDATE ON retention_clearing, retention_archive, retention_retrieval TO {_APP};
"""


def make_row(apps: Any, schema_editor: Any) -> None:
    apps.get_model("retention", "Clearing").objects.using(schema_editor.connection.alias).get_or_create(id=1)


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]

    operations = [
        migrations.RunPython(make_row, migrations.RunPython.noop),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
