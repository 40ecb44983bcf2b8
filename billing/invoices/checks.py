"""What ``kayun audit`` asks of invoices."""

from collections.abc import Mapping
from typing import Final

CHECKS: Final[Mapping[str, str]] = {
    "invoice_and_months": """
        SELECT invoice.id, 'is for ' || invoice.amount_fen || ', its months ' || coalesce(sum(month.amount_fen), 0)
        FROM {s}.invoices_invoice AS invoice
        LEFT JOIN {s}.invoices_invoicedstatement AS month ON month.invoice_id = invoice.id
        GROUP BY invoice.id HAVING invoice.amount_fen <> coalesce(sum(month.amount_fen), 0)
            OR bool_or(month.released <> (invoice.state = 'REFUSED'))""",
    "invoiced_more_than_charged": """
        SELECT month.id, 'invoiced ' || month.amount_fen || ' of ' || statement.charged_fen
        FROM {s}.invoices_invoicedstatement AS month
        JOIN {s}.statements_statement AS statement ON statement.id = month.statement_id
        WHERE month.amount_fen > statement.charged_fen""",
}
