"""Proving that a chain's books and its cards tell the same story: the ledger's own audit knows nothing of cards.

Like that audit (``ledger.audit``), each check is one statement that sees one moment, and constraints or the services
hold all of it already.
"""

from collections.abc import Mapping
from typing import Final

from ledger.audit import Finding, audit_schema

CHECKS: Final[Mapping[str, str]] = {
    "card_without_account": """
        SELECT card.number, 'has no ' || wanted.kind || ' account of its own' FROM {s}.cards_card AS card
        CROSS JOIN LATERAL (VALUES ('STORED', 'CNY', card.stored_account_id), ('POINTS', 'PTS', card.points_account_id))
            AS wanted (kind, unit, account_id)
        LEFT JOIN {s}.ledger_account AS account ON account.id = wanted.account_id
        WHERE card.issued_at IS NOT NULL AND (account.kind, account.unit, account.holder_id, account.lotted)
            IS DISTINCT FROM (wanted.kind, wanted.unit, card.id, true)""",
    "account_without_card": """
        SELECT account.id, account.kind || ' of ' || account.holder_id || ' holds ' || account.balance
        FROM {s}.ledger_account AS account
        LEFT JOIN {s}.cards_card AS card ON card.id = account.holder_id
        WHERE (account.kind = 'STORED' AND card.stored_account_id IS DISTINCT FROM account.id)
            OR (account.kind = 'POINTS' AND card.points_account_id IS DISTINCT FROM account.id)
            OR (account.kind LIKE 'PACKAGE:%' AND card.id IS NULL)""",
    "ended_card_holds_value": """
        SELECT card.number, card.status || ', ' || account.kind || ' holds ' || account.balance
        FROM {s}.cards_card AS card JOIN {s}.ledger_account AS account ON account.holder_id = card.id
            AND (account.kind IN ('STORED', 'POINTS') OR account.kind LIKE 'PACKAGE:%')
        WHERE card.status IN ('REPLACED', 'WITHDRAWN', 'DESTROYED') AND account.balance <> 0""",
    "idle_card_holds_account": """
        SELECT number, 'IDLE with an account or a holder' FROM {s}.cards_card
        WHERE status = 'IDLE' AND (stored_account_id IS NOT NULL OR points_account_id IS NOT NULL
            OR member_id IS NOT NULL)""",
    # what was paid in stays owed for ever.
    "principal_ends": """
        SELECT lot.id, 'principal ends ' || lot.expires_at FROM {s}.ledger_lot AS lot
        JOIN {s}.ledger_account AS account ON account.id = lot.account_id
        WHERE lot.kind = 'PRINCIPAL' AND account.unit = 'CNY' AND lot.expires_at IS NOT NULL""",
    # What a moving took from one account it put on another of the same kind, all of it.
    "move_inexact": """
        SELECT entry.posting_id, 'MOVE between ' || string_agg(coalesce(account.kind, entry.contra), ', ')
        FROM {s}.ledger_posting AS posting
        JOIN {s}.ledger_entry AS entry ON entry.posting_id = posting.id
        LEFT JOIN {s}.ledger_account AS account ON account.id = entry.account_id
        WHERE posting.kind = 'MOVE' GROUP BY entry.posting_id
        HAVING count(*) <> 2 OR count(account.id) <> 2 OR min(account.kind) <> max(account.kind)""",
    # What the member reads is what the books say.
    "record_amount": """
        SELECT record.id, record.kind || ' of ' || card.number || ' says ' || record.amount_fen || ', entries '
            || coalesce(books.total, 0)
        FROM {s}.records_record AS record JOIN {s}.cards_card AS card ON card.id = record.card_id
        LEFT JOIN LATERAL (
            SELECT sum(entry.amount) AS total FROM {s}.ledger_entry AS entry
            WHERE entry.posting_id = record.posting_id AND entry.account_id = card.stored_account_id
        ) AS books ON true
        WHERE record.posting_id IS NOT NULL AND record.amount_fen <> coalesce(books.total, 0)""",
    "prepayment_account": """
        SELECT account.id, 'holder ' || account.holder_id || ', holds ' || account.balance
        FROM {s}.ledger_account AS account
        LEFT JOIN {s}.members_member AS member ON member.id = account.holder_id
        WHERE account.kind = 'PREPAYMENT'
            AND (member.id IS NULL OR account.balance < 0 OR account.unit <> 'CNY' OR account.lotted)""",
    # Two records of one person are one: what was hers on either is on the survivor's.
    "merged_member_holds_value": """
        SELECT member.code, account.kind || ' holds ' || account.balance FROM {s}.ledger_account AS account
        JOIN {s}.members_member AS member ON member.id = account.holder_id
        WHERE account.kind IN ('PREPAYMENT', 'SIGNED_BILL') AND account.balance <> 0
            AND (member.merged_into_id IS NOT NULL OR member.erased_at IS NOT NULL)""",
    # What is open on a member's signed bills is what her account says she owes.
    "signed_bills": """
        SELECT coalesce(account.holder_id, bills.member_id), 'bills open ' || coalesce(bills.open_fen, 0)
            || ', account ' || coalesce(account.balance, 0)
        FROM (SELECT id, holder_id, balance FROM {s}.ledger_account WHERE kind = 'SIGNED_BILL') AS account
        FULL JOIN (
            SELECT member_id, sum(amount_fen - settled_fen - relieved_fen) AS open_fen
            FROM {s}.cashier_signedbill GROUP BY member_id
        ) AS bills ON bills.member_id = account.holder_id
        WHERE coalesce(account.balance, 0) <> -coalesce(bills.open_fen, 0)""",
    # Each bill is of a posting that put just so much on its signer's account, then or before a merge.
    "signed_bill_posting": """
        SELECT bill.number, 'signed for ' || bill.amount_fen || ', its posting says ' || coalesce(books.total, 0)
        FROM {s}.cashier_signedbill AS bill
        LEFT JOIN LATERAL (
            SELECT -sum(entry.amount) AS total FROM {s}.ledger_entry AS entry
            JOIN {s}.ledger_account AS account ON account.id = entry.account_id
            WHERE entry.posting_id = bill.id AND account.kind = 'SIGNED_BILL'
        ) AS books ON true
        WHERE bill.amount_fen <> coalesce(books.total, 0)""",
    "signed_bill_settled": """
        SELECT bill.number, 'settled ' || bill.settled_fen || ', settlements sum to '
            || coalesce(sum(paid.amount_fen), 0)
        FROM {s}.cashier_signedbill AS bill
        LEFT JOIN {s}.cashier_settlement AS paid ON paid.bill_id = bill.id
            AND EXISTS (SELECT FROM {s}.ledger_posting AS posting
                        WHERE posting.id = paid.id AND posting.kind = 'SETTLEMENT')
        GROUP BY bill.id HAVING bill.settled_fen <> coalesce(sum(paid.amount_fen), 0)""",
    # No more goods come back than were sold, and each return is a posting of just so much.
    "goods_returned": """
        SELECT returned.consumption, 'returned ' || sum(returned.amount_fen) || ' of '
            || coalesce(min(sold.total), 0) || ', postings of returns ' || coalesce(sum(books.total), 0)
        FROM {s}.cashier_goodsreturn AS returned
        LEFT JOIN LATERAL (
            SELECT sum(entry.amount) AS total FROM {s}.ledger_entry AS entry
            WHERE entry.posting_id = returned.consumption AND entry.contra = 'REVENUE'
        ) AS sold ON true
        LEFT JOIN LATERAL (
            SELECT -sum(entry.amount) AS total FROM {s}.ledger_entry AS entry
            WHERE entry.posting_id = returned.id AND entry.contra = 'REVENUE'
        ) AS books ON true
        GROUP BY returned.consumption
        HAVING sum(returned.amount_fen) > coalesce(min(sold.total), 0)
            OR sum(returned.amount_fen) <> coalesce(sum(books.total), 0)""",
    # A card's accounts hold what they are for: money and gifts, points, counts and minutes.
    "lot_out_of_place": """
        SELECT lot.id, lot.kind || ' on ' || account.kind FROM {s}.ledger_lot AS lot
        JOIN {s}.ledger_account AS account ON account.id = lot.account_id
        WHERE (account.kind = 'STORED' AND lot.kind NOT IN ('PRINCIPAL', 'BONUS'))
            OR (account.kind = 'POINTS' AND lot.kind <> 'POINTS')
            OR (account.kind LIKE 'PACKAGE:%' AND lot.kind <> 'PACKAGE')""",
    "package_sold": """
        SELECT coalesce(sale.id, posting.id), 'sold ' || coalesce(sale.quantity, 0) || ', opened '
            || coalesce(opened.total, 0)
        FROM {s}.packages_packagesale AS sale
        FULL JOIN (SELECT id FROM {s}.ledger_posting WHERE kind = 'PACKAGE_SALE') AS posting ON posting.id = sale.id
        LEFT JOIN LATERAL (
            SELECT sum(lot.original) AS total FROM {s}.ledger_lot AS lot
            WHERE lot.posting_id = posting.id AND lot.kind = 'PACKAGE'
        ) AS opened ON true
        WHERE sale.quantity IS DISTINCT FROM opened.total""",
    # What each use, end and reversal took off its sales is what it took off what is owed as a service.
    "package_drawn": """
        SELECT posting_id, 'sales give up ' || coalesce(draws.fen, 0) || ', entries ' || coalesce(books.fen, 0)
        FROM (SELECT posting_id, sum(amount_fen) AS fen FROM {s}.packages_packagedraw GROUP BY posting_id) AS draws
        FULL JOIN (
            SELECT entry.posting_id, -sum(entry.amount) AS fen FROM {s}.ledger_entry AS entry
            JOIN {s}.ledger_posting AS posting ON posting.id = entry.posting_id
            WHERE entry.contra = 'DEFERRED' AND entry.unit = 'CNY' AND posting.kind <> 'PACKAGE_SALE'
            GROUP BY entry.posting_id
        ) AS books USING (posting_id)
        WHERE coalesce(draws.fen, 0) <> coalesce(books.fen, 0)""",
    # With the last of a sale's counts goes the last of its price, and nothing before it was sold.
    "package_owed": """
        SELECT sale.id, 'of ' || sale.quantity || ' for ' || sale.price_fen || ' taken ' || coalesce(sum(draw.count), 0)
            || ' for ' || coalesce(sum(draw.amount_fen), 0)
        FROM {s}.packages_packagesale AS sale
        LEFT JOIN {s}.packages_packagedraw AS draw ON draw.sale_id = sale.id
        GROUP BY sale.id
        HAVING coalesce(sum(draw.count), 0) NOT BETWEEN 0 AND sale.quantity
            OR coalesce(sum(draw.amount_fen), 0) NOT BETWEEN 0 AND sale.price_fen
            OR (coalesce(sum(draw.count), 0) = 0 AND sum(draw.amount_fen) <> 0)
            OR (sum(draw.count) = sale.quantity AND sum(draw.amount_fen) <> sale.price_fen)""",
    # What is left of all sales of a product is what the cards hold of it.
    "package_left": """
        SELECT coalesce(held.kind, sold.kind), 'cards hold ' || coalesce(held.count, 0) || ', left of what was sold '
            || coalesce(sold.count, 0)
        FROM (
            SELECT kind, sum(balance) AS count FROM {s}.ledger_account WHERE kind LIKE 'PACKAGE:%' GROUP BY kind
        ) AS held FULL JOIN (
            SELECT 'PACKAGE:' || sale.product_id AS kind, sum(sale.quantity - coalesce(drawn.count, 0)) AS count
            FROM {s}.packages_packagesale AS sale
            LEFT JOIN (
                SELECT sale_id, sum(count) AS count FROM {s}.packages_packagedraw GROUP BY sale_id
            ) AS drawn ON drawn.sale_id = sale.id
            GROUP BY sale.product_id
        ) AS sold ON sold.kind = held.kind
        WHERE coalesce(held.count, 0) <> coalesce(sold.count, 0)""",
    # Where a paper stands is where its last step left it, and no step is missing.
    "document_steps": """
        SELECT document.number, document.state || ' at version ' || document.version || ', steps end in '
            || coalesce((array_agg(step.to_state ORDER BY step.version DESC))[1], 'nothing') || ' at ' || count(step.id)
        FROM {s}.documents_document AS document
        LEFT JOIN {s}.documents_documentstep AS step ON step.document_id = document.id
        GROUP BY document.id
        HAVING count(step.id) <> document.version OR max(step.version) <> document.version
            OR (array_agg(step.to_state ORDER BY step.version DESC))[1] IS DISTINCT FROM document.state""",
    # A blank card lies in the stock, and one that was issued does not.
    "card_place": """
        SELECT card.number, place.state || ' though the card is ' || card.status
        FROM {s}.stock_cardplace AS place JOIN {s}.cards_card AS card ON card.id = place.card_id
        WHERE (card.issued_at IS NOT NULL AND place.state NOT IN ('ISSUED', 'DESTROYED'))
            OR (card.issued_at IS NULL AND place.state = 'ISSUED')
            OR (place.state = 'DESTROYED' AND card.status <> 'DESTROYED')""",
    "card_range": """
        SELECT made.first || '–' || made.last, made.quantity || ' cards, in stock ' || count(place.card_id)
            || ', the last at ' || coalesce(max(place.position), 0)
        FROM {s}.stock_cardrange AS made LEFT JOIN {s}.stock_cardplace AS place ON place.range_id = made.id
        GROUP BY made.id
        HAVING made.quantity <> count(place.card_id) OR made.quantity <> coalesce(max(place.position), 0)""",
    # Only a card that is somebody's has its PIN tried.
    "till_pin": """
        SELECT card.number, card.status || ' after ' || tries.failures || ' wrong PINs'
        FROM {s}.cards_cardtillpin AS tries JOIN {s}.cards_card AS card ON card.id = tries.card_id
        WHERE tries.failures > 0 AND card.issued_at IS NULL""",
    "package_account": """
        SELECT account.id, account.kind || ' in ' || account.unit FROM {s}.ledger_account AS account
        WHERE account.kind LIKE 'PACKAGE:%' AND (account.unit NOT IN ('CNT', 'MIN') OR NOT account.lotted)""",
    "cleared_points_stand": """
        SELECT notice.id, 'cleared without a posting' FROM {s}.expiry_clearingnotice AS notice
        WHERE notice.state = 'CLEARED' AND NOT EXISTS (
            SELECT FROM {s}.cards_card AS card
            JOIN {s}.ledger_entry AS entry ON entry.account_id = card.points_account_id
            JOIN {s}.ledger_posting AS posting ON posting.id = entry.posting_id
            WHERE card.id = notice.card_id AND posting.kind = 'POINTS_EXPIRY' AND posting.occurred_at = notice.ended_at
        )""",
}


def audit_chain(schema: str, *, using: str = "owner") -> list[Finding]:
    """Prove that the books of a chain tie to its cards, members and records; what is wrong. Empty means proved."""
    return audit_schema(schema, using=using, checks=CHECKS)
