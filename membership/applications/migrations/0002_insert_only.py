"""What was granted and what was agreed to are added to and read, never changed; the first terms of every chain."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import migrations

from membership.applications import presets

_RELEASED = datetime(2026, 11, 22, tzinfo=UTC)
_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER granted_card_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON applications_grantedcard
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER application_terms_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON applications_applicationterms
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON applications_grantedcard, applications_applicationterms FROM {_APP};
GRANT SELECT, INSERT ON applications_grantedcard, applications_applicationterms TO {_APP};
"""


def install_terms(apps: Any, schema_editor: Any) -> None:
    presets.install(
        apps.get_model("applications", "ApplicationTerms"), using=schema_editor.connection.alias, published_at=_RELEASED
    )


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("applications", "0001_initial"), ("ledger", "0002_rules")]

    operations = [
        migrations.RunPython(install_terms, migrations.RunPython.noop),
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
    ]
