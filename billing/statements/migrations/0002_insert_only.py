"""Statements are made and read; whoever tries more is refused, by right and by trigger."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER statement_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statements_statement
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON statements_statement FROM {_APP};
GRANT SELECT, INSERT ON statements_statement TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("statements", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
