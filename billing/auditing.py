"""Proving what the platform keeps in the public schema: the ledger's own audit knows nothing of chains.

Like that audit (``ledger.audit``), each check is one statement that sees one moment.
"""

from collections.abc import Mapping
from typing import Final

from billing.invoices.checks import CHECKS as INVOICE_CHECKS
from billing.statements.checks import CHECKS as STATEMENT_CHECKS
from ledger.audit import Finding, audit_schema

CHECKS: Final[Mapping[str, str]] = {
    "chain_account_form": """
        SELECT account.id, account.kind || ' of ' || account.holder_id || ' in ' || account.unit
        FROM {s}.ledger_account AS account
        WHERE account.kind IN ('CHAIN_PREPAID', 'CHAIN_ARREARS') AND (account.unit <> 'CNY' OR account.lotted
            OR account.allow_negative <> (account.kind = 'CHAIN_ARREARS'))""",
    "chain_account_without_chain": """
        SELECT account.id, account.kind || ' of ' || account.holder_id || ' holds ' || account.balance
        FROM {s}.ledger_account AS account LEFT JOIN {s}.chains_chain AS chain ON chain.id = account.holder_id
        WHERE account.kind IN ('CHAIN_PREPAID', 'CHAIN_ARREARS') AND chain.id IS NULL""",
    "chain_account_alone": """
        SELECT holder_id, 'has only ' || min(kind) FROM {s}.ledger_account
        WHERE kind IN ('CHAIN_PREPAID', 'CHAIN_ARREARS') GROUP BY holder_id HAVING count(*) <> 2""",
    "arrears_above_zero": """
        SELECT holder_id, 'arrears hold ' || balance FROM {s}.ledger_account
        WHERE kind = 'CHAIN_ARREARS' AND balance > 0""",
    # Arrears are paid before anything is prepaid.
    "prepaid_beside_arrears": """
        SELECT prepaid.holder_id, 'holds ' || prepaid.balance || ' and owes ' || -arrears.balance
        FROM {s}.ledger_account AS prepaid JOIN {s}.ledger_account AS arrears
            ON arrears.holder_id = prepaid.holder_id AND arrears.kind = 'CHAIN_ARREARS'
        WHERE prepaid.kind = 'CHAIN_PREPAID' AND prepaid.balance > 0 AND arrears.balance < 0""",
    # What the payment service paid is in the books, once, and nothing else says so.
    "payment_without_credit": """
        SELECT attempt.id, attempt.intent_id || ' of ' || attempt.amount_fen || ', credited '
            || coalesce(sum(entry.amount), 0)
        FROM {s}.payments_attempt AS attempt
        LEFT JOIN {s}.ledger_posting AS posting ON posting.idempotency_key = 'stripe:' || attempt.intent_id
        LEFT JOIN {s}.ledger_entry AS entry ON entry.posting_id = posting.id AND entry.account_id IS NOT NULL
        WHERE attempt.state = 'SUCCEEDED' AND attempt.kind IN ('TOP_UP', 'AUTO_TOP_UP')
        GROUP BY attempt.id HAVING coalesce(sum(entry.amount), 0) <> attempt.amount_fen""",
    "credit_without_payment": """
        SELECT posting.id, posting.idempotency_key FROM {s}.ledger_posting AS posting
        WHERE posting.idempotency_key LIKE 'stripe:pi%' AND NOT EXISTS (SELECT FROM {s}.payments_attempt AS attempt
            WHERE 'stripe:' || attempt.intent_id = posting.idempotency_key)""",
    "refund_not_taken": """
        SELECT attempt.id, attempt.state || ' of ' || attempt.amount_fen FROM {s}.payments_attempt AS attempt
        WHERE attempt.kind = 'REFUND' AND (NOT EXISTS (SELECT FROM {s}.ledger_posting AS posting
                WHERE posting.idempotency_key = 'refund:' || attempt.id)
            OR (attempt.state = 'FAILED') <> EXISTS (SELECT FROM {s}.ledger_posting AS posting
                WHERE posting.idempotency_key = 'refund-back:' || attempt.id))""",
    "adjustment_posting": """
        SELECT adjustment.id, 'asked ' || adjustment.amount_fen || ', posted ' || coalesce(sum(entry.amount), 0)
        FROM {s}.accounts_adjustment AS adjustment
        JOIN {s}.accounts_adjustmentdecision AS decision ON decision.adjustment_id = adjustment.id AND decision.approved
        LEFT JOIN {s}.ledger_entry AS entry ON entry.posting_id = decision.posting_id AND entry.account_id IN (
            SELECT account.id FROM {s}.ledger_account AS account WHERE account.holder_id = adjustment.chain_id
                AND account.kind IN ('CHAIN_PREPAID', 'CHAIN_ARREARS'))
        GROUP BY adjustment.id HAVING coalesce(sum(entry.amount), 0) <> adjustment.amount_fen""",
    # Every line of a bill was posted, and nothing else was.
    "charges_and_posting": """
        SELECT coalesce(charged.posting_id, posted.posting_id), 'lines say ' || coalesce(charged.fen, 0)
            || ', posted ' || coalesce(posted.fen, 0)
        FROM (SELECT posting_id, sum(amount_fen) AS fen FROM {s}.subscriptions_charge GROUP BY posting_id) AS charged
        FULL JOIN (
            SELECT posting.id AS posting_id, -sum(entry.amount) AS fen FROM {s}.ledger_posting AS posting
            JOIN {s}.ledger_entry AS entry ON entry.posting_id = posting.id AND entry.account_id IS NOT NULL
            WHERE posting.kind = 'BILL' GROUP BY posting.id
        ) AS posted ON posted.posting_id = charged.posting_id
        WHERE coalesce(charged.fen, 0) <> coalesce(posted.fen, 0)""",
    "setup_charged": """
        SELECT module.id, 'remembers ' || module.setup_paid_fen || ', charged ' || coalesce(sum(charge.amount_fen), 0)
        FROM {s}.subscriptions_subscribedmodule AS module
        JOIN {s}.subscriptions_subscription AS subscription ON subscription.id = module.subscription_id
        LEFT JOIN {s}.subscriptions_charge AS charge ON charge.chain_id = subscription.chain_id
            AND charge.module = module.module AND charge.kind = 'SETUP'
        GROUP BY module.id HAVING module.setup_paid_fen <> coalesce(sum(charge.amount_fen), 0)""",
    # Who has left pays for no month that began afterwards.
    "left_and_subscribed": """
        SELECT chain.id, chain.slug || ' has left and is subscribed' FROM {s}.chains_chain AS chain
        JOIN {s}.subscriptions_subscription AS subscription ON subscription.chain_id = chain.id
        WHERE chain.state = 'CLOSED' AND subscription.ended_on IS NULL""",
    "charged_after_the_end": """
        SELECT charge.id, charge.key || ', ended ' || subscription.ended_on
        FROM {s}.subscriptions_subscription AS subscription JOIN {s}.subscriptions_charge AS charge
            ON charge.chain_id = subscription.chain_id AND charge.kind = 'MONTH'
            AND charge.period_start > subscription.ended_on""",
    **STATEMENT_CHECKS,
    **INVOICE_CHECKS,
    # What everybody asks is what was subscribed.
    "entitlements": """
        SELECT chain.id, chain.slug || ' has ' || chain.plan || ' ' || chain.modules::text || ', subscribed '
            || subscription.plan || ' ' || modules.list::text
        FROM {s}.chains_chain AS chain JOIN {s}.subscriptions_subscription AS subscription
            ON subscription.chain_id = chain.id AND subscription.ended_on IS NULL
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(module.module ORDER BY module.module), '{{}}') AS list
            FROM {s}.subscriptions_subscribedmodule AS module
            WHERE module.subscription_id = subscription.id AND module.plan <> ''
        ) AS modules
        WHERE chain.plan <> subscription.plan OR chain.modules::int[] <> modules.list::int[]""",
}


def audit_platform(schema: str = "public", *, checks: Mapping[str, str] = CHECKS) -> list[Finding]:
    """What is wrong with the platform's own books; empty means proved."""
    return audit_schema(schema, checks=checks)
