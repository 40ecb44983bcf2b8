"""The preset roles, in every chain; and spent tickets that nobody can take back."""

from typing import Any

from django.conf import settings
from django.db import migrations

from tenants.people import presets

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
RIGHTS = f"""
REVOKE ALL ON people_usedticket FROM {_APP};
GRANT SELECT, INSERT ON people_usedticket TO {_APP};
"""


def install_presets(apps: Any, schema_editor: Any) -> None:
    """Owners and platform staff have no roles: public stays empty."""
    if schema_editor.connection.schema_name == settings.PUBLIC_SCHEMA_NAME:
        return
    presets.install(
        apps.get_model("people", "Role"), apps.get_model("people", "RoleAct"), using=schema_editor.connection.alias
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.RunPython(install_presets, migrations.RunPython.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
