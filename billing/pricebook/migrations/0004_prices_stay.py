"""What was prepared stays as it was read, and what was decided stays decided: by right and by trigger."""

from django.conf import settings
from django.db import migrations

_APP = '"' + settings.APP_ROLE.replace('"', '""') + '"'
SQL = f"""
CREATE TRIGGER pricebook_price_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON pricebook_price
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER pricebook_book_kept BEFORE DELETE OR TRUNCATE ON pricebook_book
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER pricebook_book_fixed BEFORE UPDATE OF id, version, effective_from, prepared_by, prepared_at ON pricebook_book
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
CREATE TRIGGER pricebook_book_decided BEFORE UPDATE ON pricebook_book FOR EACH ROW
    WHEN (OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) EXECUTE FUNCTION ext.refuse_change();
REVOKE ALL ON pricebook_book, pricebook_price FROM {_APP};
GRANT SELECT, INSERT ON pricebook_book, pricebook_price TO {_APP};
GRANT UPDATE (approved_by, approved_at, withdrawn_by, withdrawn_at) ON pricebook_book TO {_APP};
"""


class Migration(migrations.Migration):
    # The ledger brings ext.refuse_change().
    dependencies = [("pricebook", "0003_withdrawing"), ("ledger", "0002_rules")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
