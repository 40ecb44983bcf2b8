"""One statement of SQL makes a month's statements of thousands of chains."""

from typing import Final

MAKE: Final = """
WITH opened AS (
    SELECT prepaid.holder_id AS chain_id, prepaid.id AS prepaid_id, arrears.id AS arrears_id,
        coalesce(last.prepaid_to, 0) AS prepaid_from, coalesce(last.arrears_to, 0) AS arrears_from,
        coalesce(last.closing_prepaid_fen, 0) AS prepaid_fen, coalesce(last.closing_arrears_fen, 0) AS arrears_fen
    FROM ledger_account AS prepaid
    JOIN ledger_account AS arrears ON arrears.holder_id = prepaid.holder_id AND arrears.kind = 'CHAIN_ARREARS'
    LEFT JOIN LATERAL (
        SELECT * FROM statements_statement AS s WHERE s.chain_id = prepaid.holder_id ORDER BY s.month DESC LIMIT 1
    ) AS last ON true
    WHERE prepaid.kind = 'CHAIN_PREPAID' AND prepaid.holder_id = ANY (%(chain_ids)s)
        AND (last.month IS NULL OR last.month < %(month)s)
), followed AS (
    -- What follows a late entry on its account is late, whatever the clocks said; a posting is late as a whole.
    SELECT o.chain_id, e.posting_id, e.account_id, e.version, e.amount, p.kind,
        bool_or(p.created_at >= %(until)s) OVER (PARTITION BY e.account_id ORDER BY e.version) AS late
    FROM opened AS o
    CROSS JOIN LATERAL (VALUES (o.prepaid_id, o.prepaid_from), (o.arrears_id, o.arrears_from)) AS a (id, since)
    JOIN ledger_entry AS e ON e.account_id = a.id AND e.version > a.since
    JOIN ledger_posting AS p ON p.id = e.posting_id
), paired AS (
    SELECT chain_id, posting_id, account_id, version, amount, kind,
        bool_or(late) OVER (PARTITION BY posting_id) AS late
    FROM followed
), cut AS (
    SELECT chain_id, account_id, version, amount, kind,
        bool_or(late) OVER (PARTITION BY account_id ORDER BY version) AS late
    FROM paired
), moved AS (
    SELECT cut.chain_id,
        max(version) FILTER (WHERE account_id = o.prepaid_id) AS prepaid_to,
        max(version) FILTER (WHERE account_id = o.arrears_id) AS arrears_to,
        coalesce(sum(amount) FILTER (WHERE account_id = o.prepaid_id), 0)::bigint AS prepaid_fen,
        coalesce(sum(amount) FILTER (WHERE account_id = o.arrears_id), 0)::bigint AS arrears_fen,
        coalesce(sum(amount) FILTER (WHERE kind = ANY (%(top_ups)s)), 0)::bigint AS topped_up_fen,
        coalesce(-sum(amount) FILTER (WHERE kind = ANY (%(refunds)s)), 0)::bigint AS refunded_fen,
        coalesce(-sum(amount) FILTER (WHERE kind = %(bill)s), 0)::bigint AS charged_fen,
        sum(amount)::bigint AS net_fen
    FROM cut JOIN opened AS o ON o.chain_id = cut.chain_id
    WHERE NOT late GROUP BY cut.chain_id
)
INSERT INTO statements_statement (chain_id, month, opening_prepaid_fen, opening_arrears_fen, topped_up_fen,
    refunded_fen, adjusted_fen, charged_fen, closing_prepaid_fen, closing_arrears_fen, prepaid_from, prepaid_to,
    arrears_from, arrears_to, made_at)
SELECT o.chain_id, %(month)s, o.prepaid_fen, o.arrears_fen, coalesce(m.topped_up_fen, 0), coalesce(m.refunded_fen, 0),
    coalesce(m.net_fen - m.topped_up_fen + m.refunded_fen + m.charged_fen, 0), coalesce(m.charged_fen, 0),
    o.prepaid_fen + coalesce(m.prepaid_fen, 0), o.arrears_fen - coalesce(m.arrears_fen, 0),
    o.prepaid_from, coalesce(m.prepaid_to, o.prepaid_from), o.arrears_from, coalesce(m.arrears_to, o.arrears_from),
    %(now)s
FROM opened AS o LEFT JOIN moved AS m ON m.chain_id = o.chain_id
WHERE m.chain_id IS NOT NULL OR o.prepaid_fen <> 0 OR o.arrears_fen <> 0
ORDER BY o.chain_id
ON CONFLICT (chain_id, month) DO NOTHING
"""
"""Where nothing stood and nothing moved, there is nothing to state."""
