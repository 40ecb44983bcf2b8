"""The billing run's SQL. Its arithmetic is that of ``domain``; a test holds both to the same fen."""

from typing import Final

# The period that follows: from the end of the last to as many months after the anchor (PostgreSQL clamps a day that a
# month has not, as kernel.calendar does).
_STARTS: Final = "s.period_end"
_ENDS: Final = """(s.anchor + make_interval(months => (
    (extract(year FROM s.period_end) - extract(year FROM s.anchor)) * 12
    + extract(month FROM s.period_end) - extract(month FROM s.anchor) + 1)::int))::date"""

# Prices come as one array of all, module by module and plan by plan: there is nothing to join, so no plan can go wrong
# where tables have grown since the server last looked at them.
_PRICED: Final = """
    SELECT m.module, m.plan, (%(fens)s::bigint[])[(m.module - 1) * 3 + ascii(m.plan) - 64] AS fen
    FROM subscriptions_subscribedmodule m WHERE m.subscription_id = s.id AND m.plan <> ''
    ORDER BY m.module
"""

NEXT_MODULES: Final = """
UPDATE subscriptions_subscribedmodule SET plan = next_plan
WHERE subscription_id = ANY (%(ids)s::bigint[]) AND plan <> next_plan
"""
"""What waited for the period's end holds."""

DUE_SUMS: Final = f"""
SELECT s.id, s.chain_id, {_STARTS}, {_ENDS}, due.lines, due.fen
FROM subscriptions_subscription s
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, sum(fen)::bigint AS fen FROM ({_PRICED}) AS priced WHERE fen > 0
) AS due
WHERE s.id = ANY (%(ids)s::bigint[]) AND due.lines > 0 ORDER BY s.id
"""  # noqa: S608
"""What the next period of each subscription costs; those that cost nothing are missing."""

CHARGES: Final = f"""
INSERT INTO subscriptions_charge (chain_id, key, kind, module, plan, plan_before, book, period_start, period_end,
    price_fen, credited_fen, quantity, days, of_days, amount_fen, charged_on, charged_at, posting_id)
SELECT s.chain_id, 'month:' || s.chain_id || ':' || l.module || ':' || {_STARTS} || ':>' || l.plan, 'MONTH', l.module,
    l.plan, '', %(book)s, {_STARTS}, {_ENDS}, l.fen, 0, 1, NULL, NULL, l.fen, %(today)s, %(now)s, t.posting_id
FROM unnest(%(ids)s::bigint[], %(postings)s::uuid[]) AS t (id, posting_id)
JOIN subscriptions_subscription s ON s.id = t.id
CROSS JOIN LATERAL ({_PRICED}) AS l
WHERE l.fen > 0
"""  # noqa: S608

NEXT_PERIODS: Final = f"""
UPDATE subscriptions_subscription s SET plan = s.next_plan, period_start = {_STARTS}, period_end = {_ENDS}
WHERE s.id = ANY (%(ids)s::bigint[])
"""  # noqa: S608

SNAPSHOT: Final = """
UPDATE chains_chain c SET plan = s.plan, modules = t.modules
FROM subscriptions_subscription s
JOIN LATERAL (
    SELECT coalesce(array_agg(m.module ORDER BY m.module), '{}') AS modules
    FROM subscriptions_subscribedmodule m WHERE m.subscription_id = s.id AND m.plan <> ''
) AS t ON true
WHERE s.id = ANY (%(ids)s::bigint[]) AND c.id = s.chain_id AND (c.plan, c.modules) IS DISTINCT FROM (s.plan, t.modules)
"""
"""What everybody asks: the chain's plan and modules."""

UNCHARGED_CALLS: Final = """
SELECT s.id, p.starts, p.ends, u.meter, u.counted, coalesce(c.charged, 0)
FROM subscriptions_subscription s
CROSS JOIN LATERAL (
    SELECT s.period_start, s.period_end
    UNION ALL
    -- The one before, counted from the anchor as all are.
    SELECT (s.anchor + make_interval(months => (
               (extract(year FROM s.period_start) - extract(year FROM s.anchor)) * 12
               + extract(month FROM s.period_start) - extract(month FROM s.anchor) - 1)::int))::date, s.period_start
    WHERE s.period_start > s.anchor
) AS p (starts, ends)
JOIN LATERAL (
    SELECT u.meter, sum(u.quantity)::bigint AS counted FROM metering_usagecount u
    WHERE u.chain_id = s.chain_id AND u.hour >= p.starts::timestamp AT TIME ZONE 'Asia/Shanghai'
        AND u.hour < least(p.ends, %(until)s)::timestamp AT TIME ZONE 'Asia/Shanghai'
    GROUP BY u.meter
) AS u ON true
JOIN unnest(%(meters)s::text[], %(modules)s::int[]) AS m (meter, module) ON m.meter = u.meter
LEFT JOIN LATERAL (
    SELECT sum(c.quantity)::bigint AS charged FROM subscriptions_charge c
    WHERE c.chain_id = s.chain_id AND c.kind IN ('CALLS', 'APPLICATION') AND c.module = m.module
        AND c.period_start = p.starts
) AS c ON true
WHERE s.id = ANY (%(ids)s) AND u.counted > coalesce(c.charged, 0)
ORDER BY s.id, p.starts, u.meter
"""
"""Calls made before ``until``, in the present period and the one before, that have not been charged."""
