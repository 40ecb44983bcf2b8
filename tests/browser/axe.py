"""What axe says against a page, and what sticks out of it."""

from collections.abc import Sequence
from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_OPTIONS: Final = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # For rules that are not asked.
    "preload": False,
}


def faults(page: Page, *, widths: Sequence[int] = (), leave_out: Sequence[Sequence[str]] = ()) -> list[str]:
    """What axe says against the page, at each of the widths or as wide as it is, with the first place of each fault."""
    page.evaluate(Axe().axe_script)
    context = {"exclude": [list(each) for each in leave_out]} if leave_out else None
    said: list[str] = []
    for width in widths or [0]:
        if width:
            page.set_viewport_size({"width": width, "height": 800})
        found = page.evaluate(
            "([context, options]) => axe.run(context || document, options).then((all) => all.violations)",
            [context, _OPTIONS],
        )
        at = f"at {width}: " if width else ""
        if width and (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            said.append(f"{at}{wide} pixels wide")
        said += [f"{at}{fault['id']}: {fault['help']} at {fault['nodes'][0]['html'][:160]}" for fault in found]
    return said
