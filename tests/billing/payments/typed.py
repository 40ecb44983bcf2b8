"""Requests held against Stripe's published types: an unknown name, a missing one or a wrong value fails the test."""

import re
import types
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NotRequired, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import stripe
import stripe.params
import stripe.params.checkout
from stripe import RequestOptions
from typing_extensions import is_typeddict

from billing.simulator.transport import SimulatedTransport
from billing.simulator.wire import decode

TYPES: Mapping[tuple[str, str], Any] = {
    ("post", r"/v1/customers"): stripe.params.CustomerCreateParams,
    ("post", r"/v1/checkout/sessions"): stripe.params.checkout.SessionCreateParams,
    ("get", r"/v1/checkout/sessions"): stripe.params.checkout.SessionListParams,
    ("get", r"/v1/checkout/sessions/\w+"): stripe.params.checkout.SessionRetrieveParams,
    ("post", r"/v1/payment_intents"): stripe.params.PaymentIntentCreateParams,
    ("get", r"/v1/payment_intents"): stripe.params.PaymentIntentListParams,
    ("get", r"/v1/payment_intents/\w+"): stripe.params.PaymentIntentRetrieveParams,
    ("post", r"/v1/payment_methods/\w+/detach"): stripe.params.PaymentMethodDetachParams,
    ("post", r"/v1/refunds"): stripe.params.RefundCreateParams,
    ("get", r"/v1/refunds"): stripe.params.RefundListParams,
    ("get", r"/v1/refunds/\w+"): stripe.params.RefundRetrieveParams,
    ("get", r"/v1/events"): stripe.params.EventListParams,
}


class Killed(BaseException):
    """The process ends here; nothing of it runs any more."""


class CheckedTransport(SimulatedTransport):
    """The simulated transport, behind a check of what is sent."""

    seen: ClassVar[list[str]] = []
    kill_next: ClassVar[bool] = False
    """Whether we die as soon as the service has done what it is asked for next."""

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        place = urlsplit(url)
        self.seen.append(f"{method} {place.path}")
        assert (headers or {})["Stripe-Version"] == stripe.api_version
        if method == "post" and not place.path.endswith("/detach"):
            assert (headers or {}).get("Idempotency-Key"), "made without a key"
        check(method, place.path, decode(post_data or "" if method == "post" else place.query))
        answer = super().request(method, url, headers, post_data)
        if method == "post" and self.kill_next:
            type(self).kill_next = False
            raise Killed
        return answer


def check(method: str, path: str, sent: Mapping[str, Any]) -> None:
    """Fail on whatever Stripe's types do not allow."""
    for (verb, pattern), wanted in TYPES.items():
        if verb == method and re.fullmatch(pattern, path):
            _check(sent, wanted, path)
            return
    raise AssertionError(f"no type is known for {method} {path}")


def _check(value: Any, wanted: Any, where: str) -> None:
    wanted = _bare(wanted)
    if get_origin(wanted) in (Union, types.UnionType):
        _check_any(value, get_args(wanted), where)
    elif is_typeddict(wanted):
        _check_dict(value, wanted, where)
    elif get_origin(wanted) is list:
        assert isinstance(value, list), f"{where}: not a list"
        for part in value:
            _check(part, get_args(wanted)[0], f"{where}[]")
    elif get_origin(wanted) is dict:
        assert isinstance(value, dict), f"{where}: not a mapping"
    elif get_origin(wanted) is Literal:
        assert value in get_args(wanted), f"{where}: {value!r} is none of {get_args(wanted)}"
    elif wanted is int:
        assert isinstance(value, str), f"{where}: not a number"
        assert value.isdigit(), f"{where}: {value!r} is no number"
    elif wanted is bool:
        assert value in {"true", "false", "True", "False"}, f"{where}: {value!r} is neither true nor false"
    else:
        assert isinstance(value, str), f"{where}: {value!r} is not text"


def _check_any(value: Any, choices: tuple[Any, ...], where: str) -> None:
    """A closed list beside ``str`` is Stripe's way to say that more may be added: what we send is in the list."""
    closed = [one for one in choices if get_origin(_bare(one)) is Literal and _bare(one) != Literal[""]]
    chosen = [one for one in choices if one is not str] if closed else list(choices)
    problems = []
    for one in chosen:
        try:
            _check(value, one, where)
        except AssertionError as problem:
            problems.append(str(problem))
        else:
            return
    raise AssertionError("; ".join(problems))


def _check_dict(value: Any, wanted: Any, where: str) -> None:
    assert isinstance(value, dict), f"{where}: not a mapping"
    names = get_type_hints(
        wanted, localns={"StripeContext": stripe.StripeContext, "Mapping": Mapping}, include_extras=True
    )
    # The library's own options (keys, accounts, versions) travel as headers, never in the form.
    names = {name: hint for name, hint in names.items() if name not in RequestOptions.__annotations__}
    unknown = value.keys() - names.keys()
    assert not unknown, f"{where}: Stripe knows no {', '.join(sorted(unknown))}"
    needed = {name for name, hint in names.items() if get_origin(hint) is not NotRequired}
    assert needed <= value.keys(), f"{where}: lacks {', '.join(sorted(needed - value.keys()))}"
    for name, part in value.items():
        _check(part, names[name], f"{where}.{name}")


def _bare(wanted: Any) -> Any:
    return get_args(wanted)[0] if get_origin(wanted) is NotRequired else wanted
