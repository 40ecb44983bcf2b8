"""Charges are added and read; whoever tries more is refused, by right and by trigger."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER charge_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON subscriptions_charge
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON subscriptions_charge FROM {_APP};
GRANT SELECT, INSERT ON subscriptions_charge TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("subscriptions", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
