"""Every string of the product has its English, with the same placeholders."""

from config.cli.catalogs import findings, strings
from config.environment import ROOT


def test_every_string_has_its_english() -> None:
    assert findings(ROOT) == []


def test_strings_are_found_in_every_room() -> None:
    """The test above proves nothing where its finder is blind."""
    rooms = {place.partition("/")[0] for place in strings(ROOT).values()}
    assert rooms == {"platform", "tenants", "billing", "membership", "portal", "api"}
