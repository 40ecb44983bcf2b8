"""A statement to keep: as PDF and as a workbook, in the active language."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from django.utils.translation import gettext as _

from billing.accounts.domain import AccountStanding
from billing.statements.models import Statement
from billing.statements.queries import StatementLine
from billing.statements.wording import explanation_of, title_of
from kernel.clock import CHINA
from kernel.money import Money
from kernel.paper import pdf
from kernel.sheets import Column, ColumnKind, write_workbook

TEMPLATE: Final = Path(__file__).parent / "paper" / "statement.typ"


def statement_pdf(statement: Statement, lines: Sequence[StatementLine], *, chain_name: str) -> bytes:
    """The statement on paper.

    Raises:
        kernel.paper.NoChineseFont
    """
    said: dict[str, Any] = {
        "title": _("%(month)s 账单") % {"month": f"{statement.month:%Y-%m}"},
        "issuer": _("卡云"),
        "facts": [
            [_("商户"), chain_name],
            [_("账单号"), statement.number],
            [_("出账时间"), f"{statement.made_at.astimezone(CHINA):%Y-%m-%d %H:%M}"],
        ],
        "sums": [[label, _yuan(fen)] for label, fen in summary_of(statement)],
        "head": [_("记账时间"), _("事项"), _("所属期"), _("算法"), _("金额")],
        "rows": [_paper_row(line) for line in lines],
        "note": _("金额为人民币。收入为正，扣费为负；各行之和等于期末减期初。"),
    }
    return pdf(TEMPLATE, {"said": json.dumps(said, ensure_ascii=False)})


def write_statement(target: BinaryIO, statement: Statement, lines: Sequence[StatementLine]) -> None:
    """The statement as a workbook: the sums, and every line with each figure in a column of its own."""
    sums = [Column(_("项目"), width=24), Column(_("金额"), ColumnKind.YUAN)]
    write_workbook(
        target,
        [
            (_("账单"), sums, summary_of(statement)),
            (_("明细"), _columns(), (_cells(line) for line in lines)),
        ],
    )


def summary_of(statement: Statement) -> list[tuple[str, int]]:
    """The sums, from how the account stood before to how it stands after, in fen to the chain's good."""
    return [
        (_("期初余额"), _net(statement.opening)),
        (_("充值"), statement.topped_up_fen),
        (_("退款"), -statement.refunded_fen),
        (_("调整"), statement.adjusted_fen),
        (_("费用"), -statement.charged_fen),
        (_("期末余额"), _net(statement.closing)),
    ]


def _net(standing: AccountStanding) -> int:
    """What is owed counts below nothing."""
    return standing.prepaid_fen - standing.arrears_fen


def _paper_row(line: StatementLine) -> list[str]:
    charge = line.charge
    last = charge.period_end - timedelta(days=1) if charge else None
    return [
        f"{line.booked_at.astimezone(CHINA):%m-%d %H:%M}",
        title_of(line),
        f"{charge.period_start:%m-%d} – {last:%m-%d}" if charge else "",
        explanation_of(line),
        _yuan(line.amount_fen),
    ]


def _columns() -> list[Column]:
    return [
        Column(_("记账时间"), ColumnKind.MOMENT, 20),
        Column(_("事项"), width=32),
        Column(_("所属期开始"), ColumnKind.DATE, 12),
        Column(_("所属期最后一天"), ColumnKind.DATE, 12),
        Column(_("单价"), ColumnKind.YUAN, 12),
        Column(_("数量"), ColumnKind.NUMBER, 8),
        Column(_("计费天数"), ColumnKind.NUMBER, 8),
        Column(_("本期天数"), ColumnKind.NUMBER, 8),
        Column(_("已抵"), ColumnKind.YUAN, 12),
        Column(_("价目版本"), width=14),
        Column(_("金额"), ColumnKind.YUAN, 14),
        Column(_("说明"), width=44),
        Column(_("记账编号"), width=38),
    ]


def _cells(line: StatementLine) -> Sequence[Any]:
    charge = line.charge
    figures: tuple[Any, ...] = (None,) * 8
    if charge is not None:
        figures = (
            charge.period_start,
            charge.period_end - timedelta(days=1),
            charge.price_fen,
            charge.quantity,
            charge.days,
            charge.of_days,
            charge.credited_fen or None,
            charge.book,
        )
    return (
        line.booked_at,
        title_of(line),
        *figures,
        line.amount_fen,
        explanation_of(line),
        str(line.posting_id),
    )


def _yuan(fen: int) -> str:
    return Money(fen).format()
