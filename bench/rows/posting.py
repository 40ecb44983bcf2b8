"""Posting through the API, beside pgbench sending the same two trips, and beside DRF and the ORM."""

from collections.abc import Callable

from bench.load import drive
from bench.pgbench import pgbench
from bench.results import Plan, Result, best_of
from bench.seeding import BenchChain, seed_chain
from bench.serving import ROOT, serving
from bench.tills import batches, consumptions
from kernel.localservers import addresses

CLIENTS = 8
CROWD = 64
CROWD_THREADS = 16
"""Of each web process: who waits for company must have a thread to wait in, and each a connection."""
CARDS = 500
BATCH = 100

# The ledger's statements and the record's, with what Python decides between the trips left to the server.
_TWO_TRIPS = """
\\set n random(0, {cards} - 1)
\\set account :first_account + :n
\\set card :first_card + :n
\\set high random(0, 9223372036854775806)
\\set low random(0, 9223372036854775806)
\\startpipeline
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT id, unit, lotted, allow_negative, balance, version FROM {s}.ledger_account
    WHERE id = :account::bigint ORDER BY id FOR NO KEY UPDATE;
SELECT id, idempotency_key, request_hash, result::text FROM {s}.ledger_posting
    WHERE idempotency_key = 'pgbench|' || :high::bigint || :low::bigint;
SELECT id, account_id, kind, original, remaining, version, expires_at, opened_at FROM {s}.ledger_lot
    WHERE account_id = :account::bigint AND live;
SELECT card.id, card.number, card.stored_account_id, card.status, card.locked, card.valid_until,
    card.account_valid_until FROM {s}.cards_card AS card WHERE card.id = :card::bigint;
\\endpipeline
\\startpipeline
INSERT INTO {s}.ledger_posting (id, kind, idempotency_key, request_hash, actor, store_id, occurred_at, memo, result,
    created_at)
    VALUES ({id}, 'CONSUMPTION', 'pgbench|' || :high::bigint || :low::bigint, decode(repeat('00', 32), 'hex'),
    'api:1', :store::bigint, now(), '{{}}', '{{"balances":{{"17":1}},"drawn":{{"17":{{"BONUS":1}}}}}}', now());
INSERT INTO {s}.ledger_entry (posting_id, line_no, line_count, account_id, contra, unit, amount, version,
    balance_before)
    SELECT {id}, 1::smallint, 2::smallint, id, NULL::text, unit, -1, version + 1, balance FROM {s}.ledger_account
    WHERE id = :account::bigint
    UNION ALL SELECT {id}, 2::smallint, 2::smallint, NULL, 'REVENUE', 'CNY', 1, NULL, NULL;
INSERT INTO {s}.ledger_draw (lot_id, posting_id, line_no, version, amount, remaining_before)
    SELECT id, {id}, 1, version + 1, -1, remaining FROM {s}.ledger_lot
    WHERE account_id = :account::bigint AND live AND kind = 'BONUS';
UPDATE {s}.ledger_account SET balance = balance - 1, version = version + 1 WHERE id = :account::bigint;
UPDATE {s}.ledger_lot SET remaining = remaining - 1, version = version + 1
    WHERE account_id = :account::bigint AND live AND kind = 'BONUS';
INSERT INTO {s}.records_record (id, card_id, kind, amount_fen, balance_after_fen, store_id, actor, actor_name,
    posting_id, occurred_at, detail)
    VALUES ({id}, :card::bigint, 'CONSUMPTION', -1, 1, :store::bigint, 'api:1', 'bench', {id}, now(),
    '{{"drawn":{{"BONUS":1}},"note":"17"}}');
COMMIT;
\\endpipeline
"""
_ID = "(lpad(to_hex(:high::bigint), 16, '0') || lpad(to_hex(:low::bigint), 16, '0'))::uuid"


def measure(plan: Plan) -> list[Result]:
    """Posting one a request, and a hundred a request."""
    chain = seed_chain("posting", cards=CARDS)
    with (
        serving("config.wsgi:application") as ours,
        serving("bench.twin.wsgi:application", settings="bench.twin.settings") as twin,
    ):
        contenders = {
            "pgbench": pgbench_of(chain, plan),
            "api": _api(ours, chain, plan),
            "twin": _api(twin, chain, plan),
            "batch": _batch(ours, chain, plan),
        }
        # Code paths, plans and what is remembered of cards are warm before anything counts.
        best_of(Plan(rounds=1, seconds=3, full=False), contenders)
        best = best_of(plan, contenders)
    rate, path = "postings/s", "API posting with lots, one a request"
    few = f"{path}, {CLIENTS} clients"
    return [
        Result(few, "pgbench running the same two trips", rate, best["api"], best["pgbench"], 0.30),
        Result(few, "a DRF + ORM twin", rate, best["api"], best["twin"], 4.0),
        Result(f"API batch of {BATCH} postings", "pgbench single postings", rate, best["batch"], best["pgbench"], 2.0),
        _crowd(chain, plan, f"{path}, {CROWD} clients"),
    ]


def _crowd(chain: BenchChain, plan: Plan, path: str) -> Result:
    """Many tills at once: what they ask for meanwhile is posted together."""
    pool = {"KAYUN_POOL_SIZE": str(CROWD_THREADS)}
    with serving("config.wsgi:application", threads=CROWD_THREADS, more_variables=pool) as port:
        contenders = {
            "pgbench": pgbench_of(chain, plan, clients=CROWD),
            "api": lambda: posted_per_second(port, [chain], plan, clients=CROWD),
        }
        best_of(Plan(rounds=1, seconds=3, full=False), contenders)
        best = best_of(plan, contenders)
    note = f"web processes of {CROWD_THREADS} threads"
    against = f"pgbench running the same two trips, {CROWD} clients"
    return Result(path, against, "postings/s", best["api"], best["pgbench"], 0.60, note=note)


def pgbench_of(chain: BenchChain, plan: Plan, *, clients: int = CLIENTS) -> Callable[[], float]:
    """pgbench on random cards of the chain, with as many clients."""
    script = _TWO_TRIPS.format(s=chain.schema_name, id=_ID, cards=len(chain.numbers))
    variables = {
        "first_account": chain.first_account_id,
        "first_card": chain.first_card_id,
        "store": chain.store_id,
    }
    url = addresses(ROOT, "bench").database_url
    return lambda: pgbench(script, url=url, clients=clients, seconds=plan.seconds, variables=variables)


def _api(port: int, chain: BenchChain, plan: Plan) -> Callable[[], float]:
    return lambda: posted_per_second(port, [chain], plan)


def posted_per_second(port: int, chains: list[BenchChain], plan: Plan, *, clients: int = CLIENTS) -> float:
    """Postings per second through the API.

    Raises:
        RuntimeError: an answer was not 201.
    """
    load = drive(port, consumptions(chains), connections=clients, seconds=plan.seconds)
    if set(load.statuses) != {201}:
        raise RuntimeError(f"not every posting was accepted: {dict(load.statuses)}")
    return load.rate(201)


def _batch(port: int, chain: BenchChain, plan: Plan) -> Callable[[], float]:
    def measure_batches() -> float:
        load = drive(port, batches(chain, size=BATCH), connections=CLIENTS, seconds=plan.seconds)
        if set(load.statuses) != {200}:
            raise RuntimeError(f"not every batch was accepted: {dict(load.statuses)}")
        return load.rate(200) * BATCH

    return measure_batches
