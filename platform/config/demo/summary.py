"""Where to log in to the demo, and as whom."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from config.demo import people

_SHOWN: Final = {
    "店长": "manager",
    "营业员": "clerk",
    "收银": "cashier",
    "会员信息": "service",
    "资金部": "treasury",
}
"""Whose log-ins are printed in full: between them they may do everything the desk offers, making cards included."""


@dataclass(frozen=True, slots=True)
class Login:
    """One way in."""

    who: str
    address: str
    name: str
    secret: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Every way in; printed when the demo stands."""

    logins: tuple[Login, ...]
    api_key: str
    api_address: str
    mail_address: str

    def __str__(self) -> str:
        rows = [("", "address", "log-in", "password / PIN")]
        rows += [(login.who, login.address, login.name, login.secret) for login in self.logins]
        widths = [max(_width(row[column]) for row in rows) for column in range(4)]
        lines = [
            "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join(
            [
                *lines,
                f"All other staff of the desk ({', '.join(_others())}): the same password.",
                f"API  POST {self.api_address}  Authorization: Bearer {self.api_key}",
                f"Mail {self.mail_address}",
            ]
        )


def summary_of(*, card_number: str, api_key: str) -> Summary:
    """The summary of the demo as it stands."""
    base, chain = address_of(settings.BASE_DOMAIN), address_of(f"{people.CHAIN_SLUG}.{settings.BASE_DOMAIN}")
    desk = [
        Login(f"{title} {person.name}", f"{chain}/desk/", person.username, people.PASSWORD)
        for title, username in _SHOWN.items()
        for person in people.STAFF
        if person.username == username
    ]
    return Summary(
        logins=(
            Login(f"所有者 {people.OWNER_NAME}", f"{base}/console/", people.OWNER_EMAIL, people.PASSWORD),
            *desk,
            *_platform(base),
            Login("会员", f"{chain}/", card_number, people.MEMBER_PIN),
        ),
        api_key=api_key,
        api_address=f"{chain}/api/v1/consumptions",
        mail_address=f"{base}/dev/mail/",
    )


def _platform(base: str) -> list[Login]:
    if settings.MODE == "production":
        return []
    secret = f"{people.PASSWORD}, then the code of: .venv/bin/kayun demo-code"
    return [Login(f"平台 {people.PLATFORM_NAME}", f"{base}/platform/", people.PLATFORM_EMAIL, secret)]


def address_of(host: str) -> str:
    """Where a host is reached, without a path."""
    return f"http://{host}:{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else f"https://{host}"


def _others() -> list[str]:
    return [person.username for person in people.STAFF if person.username not in _SHOWN.values()]


def _width(text: str) -> int:
    # A Chinese character takes two columns of a terminal.
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
