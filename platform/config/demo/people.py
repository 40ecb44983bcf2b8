"""Who plays in the demo. Invented; no number belongs to anybody."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

OWNER_EMAIL: Final = "owner@example.com"
OWNER_NAME: Final = "沈知远"
PLATFORM_EMAIL: Final = "platform@example.com"
PLATFORM_NAME: Final = "季云帆"
PASSWORD: Final = "kayun-demo-2026"  # noqa: S105  (printed for whoever runs the demo)
MEMBER_PIN: Final = "730281"

CHAIN_SLUG: Final = "demo"
CHAIN_NAME: Final = "云杉汽车生活"

STORES: Final = (
    ("001", "云杉·滨江旗舰店"),
    ("002", "云杉·科技园店"),
    ("003", "云杉·城西店"),
    ("004", "云杉·高铁站店"),
    ("005", "云杉·大学城店"),
    ("006", "云杉·机场店"),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who works for the chain: in one store (by its place above), or in all of them (None)."""

    username: str
    name: str
    role: str
    store: int | None


STAFF: Final = (
    Staff("office", "高远", "HEAD_OFFICE", None),
    Staff("information", "梁思成", "INFORMATION", None),
    Staff("treasury", "金秋月", "TREASURY", None),
    Staff("finance", "钱守正", "FINANCE", None),
    Staff("treasurer", "许诺", "CASH_OFFICER", None),
    Staff("service", "周晓梅", "MEMBER_SERVICE", None),
    Staff("planning", "方略", "PLANNING", None),
    Staff("supply", "江运来", "SUPPLY", None),
    Staff("marketing", "苗圃", "MARKETING", None),
    Staff("branch", "罗盘", "BRANCH_INFORMATION", None),
    Staff("manager", "陈立人", "STORE_MANAGER", 0),
    Staff("cashier", "苏小满", "CASHIER", 0),
    Staff("clerk", "叶知秋", "CLERK", 0),
    Staff("frontdesk", "白露", "FRONT_DESK", 0),
    Staff("sales", "韩冬", "SALES", 1),
    Staff("consultant", "顾盼", "CONSULTANT", 1),
    Staff("leader", "程前", "TEAM_LEADER", 1),
    Staff("cashier2", "田园", "CASHIER", 1),
    Staff("cashier3", "夏至", "CASHIER", 2),
    Staff("cashier4", "谷雨", "CASHIER", 3),
    Staff("cashier5", "秦川", "CASHIER", 4),
    Staff("cashier6", "洛英", "CASHIER", 5),
)
TILLS: Final = ("cashier", "cashier2", "cashier3", "cashier4", "cashier5", "cashier6")
"""Who stands at the till of each store, in the stores' order."""

STOCK_HANDS: Final = ("service", "planning", "manager", "finance", "office")
"""Who handles cards: customer service, planning, a store's head, finance, the head office."""

_FAMILY: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN: Final = (
    "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "涛", "明", "超", "丽", "强", "霞", "平",
    "刚", "凯", "婷", "宁", "博", "琳", "晨", "倩", "桂英", "建国", "志强", "秀兰", "玉梅", "文博", "雨桐",
    "子涵", "浩然", "思远", "佳怡", "梓萱", "俊熙", "晓东", "海燕", "春梅", "国栋", "嘉豪", "诗涵", "一诺",
    "宇轩", "欣怡", "明哲", "若曦",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A member as she is filed."""

    name: str
    phone: str
    birthday: date | None


def members(chance: random.Random, count: int) -> list[Person]:
    """That many people, the same ones each time."""
    return [
        Person(
            name=chance.choice(_FAMILY) + chance.choice(_GIVEN),
            phone=phone(number),
            birthday=date(1962, 1, 1) + timedelta(days=chance.randrange(15_000)) if chance.random() < 0.8 else None,
        )
        for number in range(1, count + 1)
    ]


def phone(number: int) -> str:
    """The telephone of the n-th member, counted from 1: in the form of one, given out to nobody."""
    return f"1990000{number:04d}"
