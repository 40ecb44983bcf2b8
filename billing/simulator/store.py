"""Making, finding and changing the simulated service's objects; each change leaves an event, as at Stripe."""

from typing import Any, Final

from billing.simulator.models import SimulatedEvent, SimulatedObject, Switches
from kernel import clock
from kernel.ids import token
from kernel.tasks import enqueue

Raw = dict[str, Any]

PREFIXES: Final = {
    "customer": "cus",
    "checkout.session": "cs_test",
    "payment_intent": "pi",
    "setup_intent": "seti",
    "payment_method": "pm",
    "refund": "re",
}


class Missing(Exception):
    """There is no such object."""


def make(kind: str, *, customer: str = "", **data: Any) -> Raw:
    """A new object."""
    code = f"{PREFIXES[kind]}_{token(18).replace('-', 'x').replace('_', 'y')}"
    now = clock.now()
    raw: Raw = {"id": code, "object": kind, "created": int(now.timestamp()), "livemode": False, **data}
    if customer:
        raw["customer"] = customer
    SimulatedObject.objects.create(code=code, kind=kind, customer=customer, data=raw, created_at=now)
    return raw


def get(code: str, kind: str | None = None) -> Raw:
    """An object as it is now.

    Raises:
        Missing
    """
    found = SimulatedObject.objects.filter(code=code).values_list("kind", "data").first()
    if found is None or (kind is not None and found[0] != kind):
        raise Missing(code)
    raw: Raw = found[1]
    return raw


def hold(code: str, kind: str) -> Raw:
    """An object, locked until the transaction ends.

    Raises:
        Missing
    """
    found = SimulatedObject.objects.select_for_update().filter(code=code, kind=kind).first()
    if found is None:
        raise Missing(code)
    raw: Raw = found.data
    return raw


def change(raw: Raw, **data: Any) -> Raw:
    """The object with these values from now on."""
    raw.update(data)
    SimulatedObject.objects.filter(code=raw["id"]).update(data=raw)
    return raw


def listed(kind: str, *, customer: str | None = None) -> list[Raw]:
    """Objects of a kind, the newest first."""
    found = SimulatedObject.objects.filter(kind=kind).order_by("-pk")
    if customer is not None:
        found = found.filter(customer=customer)
    return list(found.values_list("data", flat=True))


def switches() -> Switches:
    """What goes wrong at present."""
    return Switches.objects.filter(pk=1).first() or Switches()


def happened(kind: str, raw: Raw) -> None:
    """Note an event; it will be told to the product."""
    now = clock.now()
    SimulatedEvent.objects.create(
        code=f"evt_{token(18).replace('-', 'x').replace('_', 'y')}",
        type=kind,
        data=dict(raw),
        created_at=now,
        due_at=now,
    )
    enqueue("simulator.deliver")


def take(switch: str) -> bool:
    """Use up one of a counted fault; whether there was one."""
    found = Switches.objects.select_for_update().filter(pk=1).first()
    if found is None or not getattr(found, switch):
        return False
    setattr(found, switch, getattr(found, switch) - 1)
    found.save(update_fields=[switch])
    return True
