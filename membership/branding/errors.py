"""Refusals that concern a chain's look."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError


class ColourUnreadable(DomainError):
    """White text on it, or it as text on white, could not be read by everybody (WCAG 1.4.3)."""

    code = "colour_unreadable"
    status = 422
    message = _(
        "颜色 {colour} 与白色的对比度只有 {ratio}，至少要 4.5，否则有人看不清。可以改用接近的 {instead}。未作更改。"
    )


class ColourInvalid(DomainError):
    """Not a colour as ``#rrggbb``."""

    code = "colour_invalid"
    status = 422
    message = _("颜色须写成 #rrggbb，例如 #0f5c66。未作更改。")


class LogoInvalid(DomainError):
    """Not a picture that a page may show: told by its bytes, never by its name."""

    code = "logo_invalid"
    status = 422
    message = _("标志须是正方形 PNG 图片，边长 96 至 512 像素，不超过 {limit_kb} KB。未作更改。")
