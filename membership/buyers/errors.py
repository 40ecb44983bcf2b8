"""Refusals that concern whoever buys or tops up a card for another."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class BuyerIncomplete(DomainError):
    """Name, document number and telephone are registered, all three."""

    code = "buyer_incomplete"
    status = 400
    message = _("代办人或购卡人的姓名、证件号码和联系电话都要登记。未作任何更改。")


class BuyerPhoneInvalid(DomainError):
    """Not a telephone number."""

    code = "buyer_phone_invalid"
    status = 400
    message = _("代办人或购卡人的联系电话无效，请核对。")


class BuyerIsMember(DomainError):
    """The document is the member's own: she is no agent of herself."""

    code = "buyer_is_member"
    status = 409
    message = _("登记的证件是会员本人的；本人办理不用登记代办人。未作任何更改。")


class BuyerUnregistered(DomainError):
    """Bearer cards for so much at once want their buyer's name, document and telephone."""

    code = "buyer_unregistered"
    status = 409
    message = _(
        "最近 30 分钟本柜台已售不记名卡 {sold}，加上这一笔共 {total}：一次购买满 {limit} 须登记购卡人。"
        "请登记；不是同一人购买的，请勾选确认。未充值。"
    )


class BuyerNotFound(DomainError):
    """No such registration, or its time is over and it was deleted."""

    code = "buyer_not_found"
    status = 404
    message = _("没有这条购卡登记，或已到期删除。")
