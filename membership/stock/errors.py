"""Refusals that concern blank cards."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class CardNotReleased(DomainError):
    """The card lies somewhere else than in the stock that this store may issue from (R-F07)."""

    code = "card_not_released"
    status = 409
    message = _("会员卡 {card_number} 尚未放行给本店（{place_label}），不能发卡。")


class RangeNotFound(DomainError):
    """No such range."""

    code = "card_range_not_found"
    status = 404
    message = _("找不到该号段。")


class NotInRange(DomainError):
    """The numbers are not, in this order, two cards of one range."""

    code = "not_in_range"
    status = 400
    message = _("卡号 {first} 至 {last} 不在同一号段内，或起止颠倒。")


class CardsElsewhere(DomainError):
    """Some of the cards lie somewhere else than the act needs; none was moved."""

    code = "cards_elsewhere"
    status = 409
    message = _("{first} 至 {last} 共 {wanted} 张，其中只有 {found} 张在“{place_label}”。未作任何更改。")


class DeliveryShortNotice(DomainError):
    """A delivery is announced some working days ahead, or says why not (R-F07)."""

    code = "delivery_short_notice"
    status = 409
    message = _("须提前 {days} 个工作日报备：最早可发日为 {earliest}。确需提前，请填写原因。")


class DeliveryInThePast(DomainError):
    """A delivery is planned for today at the earliest."""

    code = "delivery_in_the_past"
    status = 400
    message = _("计划可发日不能早于今天。")


class ReceiptByDeliverer(DomainError):
    """Who delivers does not sign for the store (R-F05)."""

    code = "receipt_by_deliverer"
    status = 403
    message = _("下发人不能代门店签收，请由门店保管人签收。")


class ReceiptByGiver(DomainError):
    """Who gives cards away does not sign for the store that gets them (R-F05)."""

    code = "receipt_by_giver"
    status = 403
    message = _("调出人不能代调入门店签收，请由调入门店的保管人签收。")


class TransferNowhere(DomainError):
    """Cards are transferred to another store, one that is open."""

    code = "transfer_nowhere"
    status = 400
    message = _("请选择另一家营业中的门店作为调入门店。")


class NotInStore(DomainError):
    """Some of the cards do not lie with the store's keeper; none was moved."""

    code = "cards_not_in_store"
    status = 409
    message = _(
        "清单共 {wanted} 张，其中只有 {found} 张在“{store_name}”的门店库存中（已领用的不能调拨）。未作任何更改。"
    )


class NothingToTakeIn(DomainError):
    """None of the cards is blank and without a place."""

    code = "nothing_to_take_in"
    status = 409
    message = _("清单中没有尚未纳入库存的空闲卡。未作任何更改。")


class TooManyToTakeIn(DomainError):
    """More cards than one act takes."""

    code = "too_many_to_take_in"
    status = 400
    message = _("一次最多纳入 {limit} 张，请分批办理。未作任何更改。")


class CodesMissing(DomainError):
    """Cards of this type have internal codes, and those of this range have not been entered (R-F07)."""

    code = "internal_codes_missing"
    status = 409
    message = _("号段 {first} 至 {last} 的内部编码尚未录入，不能放行给门店。")


class CodesWrong(DomainError):
    """The internal codes are not those of the type (R-F09)."""

    code = "internal_codes_wrong"
    status = 400
    message = _("内部编码 {internal_code} 不符合“{type_name}”的规则：{rule_label}。未录入。")


class CodesTaken(DomainError):
    """Another card has one of these internal codes."""

    code = "internal_codes_taken"
    status = 409
    message = _("内部编码 {internal_code} 已被使用，整段均未录入。")


class DrawTooMany(DomainError):
    """The keeper has fewer cards of this level."""

    code = "draw_too_many"
    status = 409
    message = _("本店“{level_name}”可领用 {available} 张，不足 {wanted} 张。未领用。")


class DrawOutOfOrder(DomainError):
    """Cards are drawn in order, the lowest number first (R-F05)."""

    code = "draw_out_of_order"
    status = 409
    message = _("应从最小卡号 {lowest} 开始领用。确需跳号，请填写原因。未领用。")


class CountUnexplained(DomainError):
    """A difference is explained before the count is handed in (R-F06, R-M06)."""

    code = "count_unexplained"
    status = 409
    message = _("盘点有差异，请先填写差异说明再提交。")


class ListUnreadable(DomainError):
    """A list of cards names what is no card."""

    code = "card_list_unreadable"
    status = 400
    message = _("清单中的“{text}”不是本商户的卡号。")


class ListTooLong(DomainError):
    """A list of cards has too many lines."""

    code = "card_list_too_long"
    status = 400
    message = _("清单最多 {largest} 行，连号请用“起始号 至 截止号”一行表示。")


class NotDestroyable(DomainError):
    """Only blank cards and collected ones are destroyed (R-E05)."""

    code = "card_not_destroyable"
    status = 409
    message = _("会员卡 {card_number} 的状态是“{status_label}”，不能销毁；只能销毁空白卡和已回收的卡。")


class NothingListed(DomainError):
    """A list of cards is empty."""

    code = "card_list_empty"
    status = 400
    message = _("请填写卡号。")


class RequestNotOpen(DomainError):
    """Cards are made upon an approved request, once."""

    code = "request_not_open"
    status = 409
    message = _("制卡申请 {number} 的状态是“{state_label}”，不能据此制卡。")


class NotDrawn(DomainError):
    """Only what was drawn here, and is not issued yet, is given back."""

    code = "not_drawn"
    status = 409
    message = _("清单中有 {count} 张卡不是本店已领用未发的卡，不能交回。请核对卡号。未作任何更改。")
