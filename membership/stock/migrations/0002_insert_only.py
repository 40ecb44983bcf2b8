"""The register of drawings is added to and read; places are never deleted."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER drawing_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_drawing
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER card_place_kept BEFORE DELETE OR TRUNCATE ON stock_cardplace
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON stock_drawing, stock_cardplace FROM {_APP};
GRANT SELECT, INSERT ON stock_drawing TO {_APP};
GRANT SELECT, INSERT, UPDATE ON stock_cardplace TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("stock", "0001_initial"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
