"""What stood on each line of a bill stands on each statement of lines: a run writes them by the hundred thousand.

A foreign key asks for its parent once for every row, when the transaction commits; with 15 lines a chain that was more
than a third of a billing run. The trigger asks once for every chain of a statement, and locks it as the key did; the
other one refuses to delete a chain that has lines. Nobody looks charges up by the beginning of their key, so the second
index on it, which Django makes for that, goes.
"""

import django.db.models.deletion
from django.db import migrations, models

_LIKE = "subscriptions_charge_key_b78ea3f2_like"
# Shared like the others (ledger 0002): they name no table, the triggers say which.
FUNCTIONS = """
SELECT pg_advisory_xact_lock(hashtext('ext'));

CREATE OR REPLACE FUNCTION ext.parents_present() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    missing bigint;
BEGIN
    EXECUTE format(
        'WITH wanted AS (SELECT DISTINCT %1$I AS id FROM added),'
        ' held AS (SELECT p.id FROM %2$s AS p WHERE p.id IN (SELECT id FROM wanted) ORDER BY p.id FOR KEY SHARE)'
        ' SELECT id FROM wanted EXCEPT SELECT id FROM held LIMIT 1', TG_ARGV[0], TG_ARGV[1]) INTO missing;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION '% % of % is not in %', TG_ARGV[0], missing, TG_TABLE_NAME, TG_ARGV[1]
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
                SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ext.no_children_left() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    parent bigint;
BEGIN
    EXECUTE format(
        'SELECT gone.id FROM gone WHERE EXISTS (SELECT FROM %1$s AS c WHERE c.%2$I = gone.id) LIMIT 1',
        TG_ARGV[0], TG_ARGV[1]) INTO parent;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION '% of % is named in %', parent, TG_TABLE_NAME, TG_ARGV[0]
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
                SCHEMA = TG_TABLE_SCHEMA;
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER charge_of_a_chain AFTER INSERT ON subscriptions_charge REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ext.parents_present('chain_id', 'public.chains_chain');
CREATE TRIGGER charges_keep_their_chain AFTER DELETE ON chains_chain REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION ext.no_children_left('public.subscriptions_charge', 'chain_id');
"""
UNDO = """
DROP TRIGGER charge_of_a_chain ON subscriptions_charge;
DROP TRIGGER charges_keep_their_chain ON chains_chain;
"""


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0003_stores_of_a_line"), ("chains", "0003_held_from")]

    operations = [
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.AlterField(
            "charge",
            "chain",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="charges",
                to="chains.chain",
                verbose_name="商户",
            ),
        ),
        migrations.RunSQL(
            f"DROP INDEX {_LIKE}",
            f"CREATE INDEX {_LIKE} ON subscriptions_charge (key varchar_pattern_ops)",
        ),
    ]
