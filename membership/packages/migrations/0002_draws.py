"""What each use, end and reversal took off a sale, also of those that are in the books already.

Until now the money of packages that ended stayed with what is owed as a service (``DEFERRED``) for ever, and uses that
were undone out of order could take a fen too many or too few: what is wrong of sales of which nothing is left is put
right here, by a posting of its own.
"""

import django.db.models.deletion
from django.db import migrations, models

TRIGGERS = """
CREATE TRIGGER packages_packagedraw_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON packages_packagedraw
    FOR EACH STATEMENT EXECUTE FUNCTION ext.refuse_change();
"""

# What uses were worth is reckoned as it was when they were posted; what ended was worth nothing then.
FILL = """
WITH RECURSIVE moved AS (
    SELECT lot.id, (posting.memo -> 'origins'
        -> (row_number() OVER (PARTITION BY posting.id ORDER BY lot.id) - 1)::int ->> 'lot')::uuid AS was
    FROM ledger_lot AS lot JOIN ledger_posting AS posting ON posting.id = lot.posting_id
    WHERE lot.kind = 'PACKAGE' AND posting.kind = 'MOVE'
), of_sale (lot_id, sale_id) AS (
    SELECT lot.id, sale.id FROM ledger_lot AS lot JOIN packages_packagesale AS sale ON sale.id = lot.posting_id
    WHERE lot.kind = 'PACKAGE'
    UNION ALL
    SELECT moved.id, of_sale.sale_id FROM moved JOIN of_sale ON of_sale.lot_id = moved.was
), taken AS (
    SELECT draw.posting_id, posting.kind, of_sale.sale_id, sum(-draw.amount) AS count,
        sum(sale.price_fen * (lot.original - draw.remaining_before - draw.amount) / sale.quantity
            - sale.price_fen * (lot.original - draw.remaining_before) / sale.quantity) AS fen
    FROM of_sale
    JOIN packages_packagesale AS sale ON sale.id = of_sale.sale_id
    JOIN ledger_lot AS lot ON lot.id = of_sale.lot_id
    JOIN ledger_draw AS draw ON draw.lot_id = lot.id
    JOIN ledger_posting AS posting ON posting.id = draw.posting_id
    WHERE posting.kind IN ('PACKAGE_USE', 'EXPIRY')
    GROUP BY draw.posting_id, posting.kind, of_sale.sale_id
)
INSERT INTO packages_packagedraw (posting_id, sale_id, count, amount_fen)
SELECT posting_id, sale_id, count, CASE kind WHEN 'EXPIRY' THEN 0 ELSE fen END FROM taken
UNION ALL
SELECT undone.id, taken.sale_id, -taken.count, -taken.fen
FROM taken JOIN ledger_posting AS undone ON undone.reverses_id = taken.posting_id
UNION ALL
SELECT undone.id, sale.id, sale.quantity, sale.price_fen
FROM packages_packagesale AS sale JOIN ledger_posting AS undone ON undone.reverses_id = sale.id;

WITH rest AS (
    SELECT sale.id AS sale_id, gen_random_uuid() AS posting_id, sale.price_fen - sum(draw.amount_fen) AS fen
    FROM packages_packagesale AS sale JOIN packages_packagedraw AS draw ON draw.sale_id = sale.id
    GROUP BY sale.id
    HAVING sale.quantity = sum(draw.count) AND sale.price_fen <> sum(draw.amount_fen)
), posting AS (
    INSERT INTO ledger_posting (id, kind, idempotency_key, request_hash, actor, occurred_at, created_at, memo, result)
    SELECT posting_id, 'EXPIRY', 'package-rest|' || sale_id, sha256(sale_id::text::bytea), 'system', now(), now(), '{}',
        '{"balances": {}, "drawn": {}}'
    FROM rest
), entry AS (
    INSERT INTO ledger_entry (posting_id, line_no, line_count, contra, unit, amount)
    SELECT posting_id, 1, 2, 'DEFERRED', 'CNY', -fen FROM rest
    UNION ALL SELECT posting_id, 2, 2, 'BREAKAGE', 'CNY', fen FROM rest
)
INSERT INTO packages_packagedraw (posting_id, sale_id, count, amount_fen)
SELECT posting_id, sale_id, 0, fen FROM rest;
-- Later migrations of the same transaction may change these tables.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("packages", "0001_initial"), ("ledger", "0004_kinds_of_lots")]

    operations = [
        migrations.CreateModel(
            name="PackageDraw",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posting_id", models.UUIDField(verbose_name="记账编号")),
                ("count", models.IntegerField(verbose_name="数量")),
                ("amount_fen", models.BigIntegerField(verbose_name="金额（分）")),
                (
                    "sale",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="packages.packagesale",
                        verbose_name="套餐销售",
                    ),
                ),
            ],
            options={
                "verbose_name": "套餐消耗",
                "verbose_name_plural": "套餐消耗",
                "constraints": [
                    models.UniqueConstraint(fields=("posting_id", "sale"), name="package_draw_once"),
                ],
            },
        ),
        migrations.RunSQL(FILL, reverse_sql=migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, reverse_sql=migrations.RunSQL.noop),
    ]
