"""A statement's lines in words: each says by itself how its amount came about."""

from django.utils.translation import gettext as _

from billing.accounts.domain import PostingKind
from billing.pricebook.modules import MODULES
from billing.statements.queries import StatementLine
from billing.subscriptions.models import Charge
from kernel.money import Money

_KINDS = dict(PostingKind.choices)


def title_of(line: StatementLine) -> str:
    """What it is: the module and what is charged for it, or what happened on the account."""
    if line.charge is None:
        return str(_KINDS.get(line.kind, line.kind))
    return " · ".join((*_module_name(line.charge), str(line.charge.get_kind_display()), line.charge.plan))


def explanation_of(line: StatementLine) -> str:
    """How the amount came about; for what is no charge, the reason that was given."""
    if line.charge is None:
        return str(line.memo.get("reason", ""))
    return " · ".join(_parts(line.charge))


def _module_name(charge: Charge) -> tuple[str, ...]:
    module = MODULES.get(charge.module)
    return (str(module.name),) if module else ()


def _parts(charge: Charge) -> list[str]:
    price = Money(charge.price_fen).format()
    if charge.credited_fen:
        price = f"({price} − {Money(charge.credited_fen).format()})"
    if charge.quantity > 1:
        price += " × " + _("%(quantity)s 次") % {"quantity": charge.quantity}
    if charge.days:
        price += " × " + _("%(days)s/%(of_days)s 天") % {"days": charge.days, "of_days": charge.of_days}
    parts = [price]
    if charge.plan_before:
        parts.append(_("%(before)s 版升 %(after)s 版") % {"before": charge.plan_before, "after": charge.plan})
    if charge.open_stores is not None:
        values = {"count": charge.open_stores, "most": charge.most_stores, "plan": charge.plan}
        parts.append(_("营业门店 %(count)s 家，超过 %(most)s 家须用 %(plan)s 版") % values)
    parts.append(_("价目 %(version)s") % {"version": charge.book})
    return parts
