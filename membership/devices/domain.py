"""What is told of a device and of where it is: enough to know one's own, too little to follow anybody. No database, no
clock.
"""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

IDLE: Final = timedelta(minutes=15)
"""A session in which nothing is asked for so long is over."""
KEPT: Final = timedelta(days=30)
"""How long it is remembered that there was one."""


class Way(models.TextChoices):
    """What was proved when a session was opened."""

    PIN = "PIN", _("消费密码")
    CODE = "CODE", _("短信验证码")
    PASSKEY = "PASSKEY", _("通行密钥")


class Ending(models.TextChoices):
    """Why a session is over. What nobody ended is over all the same after ``IDLE``, and with the PIN it began under."""

    LEFT = "LEFT", _("已退出")
    """Its own person left it, or opened another in its place."""
    REVOKED = "REVOKED", _("在别处被结束")
    """The member ended it from another of hers."""


# The first that is found says it: browsers name each other.
_BROWSERS: Final = (
    ("MicroMessenger", "wechat"), ("AlipayClient", "alipay"), ("HuaweiBrowser", "Huawei"), ("MiuiBrowser", "Xiaomi"),
    ("UCBrowser", "UC"), ("QQBrowser", "QQ"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("OpenHarmony", "HarmonyOS"), ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"),
    ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
_WORDS: Final[dict[str, str | Promise]] = {"wechat": _("微信"), "alipay": _("支付宝")}


def device_of(user_agent: str) -> str:
    """The kind of browser and system that a browser says it is, such as ``Chrome/Android``; empty parts where it says
    nothing known. No version and no model: a device is to be recognised by its owner, not by us.
    """
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser}/{system}"


def device_words(device: str) -> str:
    """What ``device_of`` found, for people."""
    parts = [str(_WORDS.get(part, part)) for part in device.split("/") if part]
    return " · ".join(parts) or str(_("未知设备"))


def coarse_place(address: str) -> str:
    """An address without what tells one household from the next: 203.0.113.*, or the first 48 bits of IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> 80 << 80)}/48"
    return f"{str(found).rpartition('.')[0]}.*"
