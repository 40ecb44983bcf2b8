"""Every page that people see, as the address at which a test finds it: axe looks at each, and no list may ask once
a row. ``tests/portal/test_every_page.py`` sees that none is left out.

A name in braces is filled in from what stands in the chain (``tests/portal/filling.py``).
"""

from typing import Final

NOWHERE: Final = "/no/such/page/"
PUBLIC: Final = (
    "/", "/pricing/", "/accounts/login/", "/accounts/signup/", "/accounts/confirm-email/", "/accounts/password/reset/",
    NOWHERE,
)  # fmt: skip

DOOR: Final = ("/", "/pin/", "/desk/login/", "/offline/")
"""At a chain's host, before anybody has come in."""

DESK_LISTS: Final = (
    "/desk/", "/desk/day/", "/desk/find/?q=林",
    "/desk/cards/", "/desk/cards/?type=ORDINARY", "/desk/cards/types/", "/desk/cards/{card}/",
    "/desk/till/?card={card}", "/desk/value/packages/?number={card}",
    "/desk/members/", "/desk/members/{member}/", "/desk/members/tags/", "/desk/members/duplicates/",
    "/desk/members/wordings/", "/desk/vehicles/", "/desk/vehicles/{vehicle}/", "/desk/buyers/",
    "/desk/messages/", "/desk/messages/?which=all", "/desk/messages/{member}/",
    "/desk/requests/", "/desk/requests/?which=all", "/desk/applications/", "/desk/applications/?state=SUBMITTED",
    "/desk/value/signed/", "/desk/value/packages/products/", "/desk/value/rules/",
    "/desk/expiry/", "/desk/expiry/cards/", "/desk/dormancy/", "/desk/dormancy/{dormant}/",
    "/desk/documents/", "/desk/documents/?which=all",
    "/desk/stock/", "/desk/stock/ranges/", "/desk/stock/draw/", "/desk/stock/count/", "/desk/stock/workdays/",
    "/desk/imports/", "/desk/imports/{imported}/", "/desk/exports/", "/desk/retention/", "/desk/takeover/",
    "/desk/staff/", "/desk/roles/", "/desk/stores/", "/desk/api-keys/", "/desk/audit/",
)  # fmt: skip
"""Every page of the desk that shows one thing after another, of which a busy chain has many."""

DESK_PARTS: Final = (
    "/desk/till/card/?card={card}", "/desk/till/quote/?card={card}&mode=consume&amount=10",
    "/desk/members/search/?q=林", "/desk/cards/issue/guide/?card_number={card}&who=existing&member_code={member}",
    "/desk/value/rules/preview/?number={card}&amount=10", "/desk/stock/lying/", "/desk/cards/adjusted/?number={card}",
)  # fmt: skip
"""Parts of pages, fetched by themselves."""

DESK: Final = (
    *DESK_LISTS,
    "/desk/till/", "/desk/cards/make/", "/desk/cards/issue/", "/desk/cards/types/new/",
    "/desk/cards/types/ORDINARY/edit/", "/desk/cards/types/SPECIAL/enable/", "/desk/cards/types/rules/",
    "/desk/cards/levels/new/", "/desk/cards/levels/GOLD/edit/",
    "/desk/cards/{card}/reissue/", "/desk/cards/{card}/replace/", "/desk/cards/{card}/transfer/",
    "/desk/cards/{card}/choose-pin/",
    "/desk/members/new/", "/desk/members/{member}/edit/", "/desk/members/{member}/terms/",
    "/desk/members/{member}/vehicles/new/", "/desk/members/merge/?first={member}&second={other_member}",
    "/desk/buyers/{buyer}/", "/desk/requests/{asked}/",
    "/desk/applications/{application}/", "/desk/applications/settings/",
    "/desk/receipts/{top_up}/", "/desk/receipts/{top_up}/fault/", "/desk/receipts/{bill}/reverse/",
    "/desk/receipts/{bill}/return/", "/desk/value/signed/{bill}/",
    "/desk/value/prepayment/", "/desk/value/prepayment/?number={card}", "/desk/value/points/",
    "/desk/value/rules/preview/?number={card}&amount=10",
    "/desk/expiry/rules/", "/desk/dormancy/reopen/",
    "/desk/documents/{document}/", "/desk/documents/{draft}/edit/",
    "/desk/documents/new/CARD_LEVEL/", "/desk/documents/new/CARD_BINDING/", "/desk/documents/new/CARD_VALIDITY/",
    "/desk/documents/new/MAKING_REQUEST/", "/desk/documents/new/STOCK_TRANSFER/",
    "/desk/stock/ranges/{range}/", "/desk/stock/ranges/{range}/deliver/", "/desk/stock/make/{wanted}/",
    "/desk/stock/take-in/", "/desk/stock/destroy/", "/desk/stock/settings/",
    "/desk/exports/{exported}/", "/desk/retention/{retrieved}/", "/desk/takeover/{takeover}/",
    "/desk/staff/new/", "/desk/staff/{staff}/", "/desk/stores/{store}/rename/", "/desk/branding/",
    "/desk/accounts/2fa/", "/desk/accounts/2fa/webauthn/", "/desk/accounts/2fa/totp/activate/",
    "/desk/accounts/password/change/",
)  # fmt: skip

MEMBER: Final = (
    "/card/", "/card/balances/", "/card/records/", "/card/records/{own_record}/", "/card/settlements/", "/card/pin/",
    "/card/services/", "/card/sessions/", "/card/passkeys/", "/card/loss/", "/card/requests/", "/card/consents/",
    "/card/messages/", "/card/code/",
)  # fmt: skip

CONSOLE_LISTS: Final = (
    "/console/", *(f"/console/chains/yunshan/{page}" for page in (
        "account/", "account/automatic/", "statements/", "statements/now/", "invoices/", "usage/", "subscription/",
        "team/",
    )),
)  # fmt: skip
CONSOLE: Final = (
    *CONSOLE_LISTS, "/console/chains/new/", *(f"/console/chains/yunshan/{page}" for page in (
        "account/top-up/", "account/payments/{payment}/", "statements/{month}/", "prices/", "progress/",
    )),
)  # fmt: skip

OFFICE_LISTS: Final = (
    "/platform/events/", "/platform/events/?state=", "/platform/payments/?chain=yunshan", "/platform/adjustments/",
    "/platform/chains/", "/platform/chains/of/yunshan/", "/platform/health/", "/platform/health/chains/",
    "/platform/prices/", "/platform/prices/2026-01/", "/platform/invoices/",
)  # fmt: skip
OFFICE: Final = (*OFFICE_LISTS, "/platform/prices/new/", "/platform/payments/{payment}/refund/")

UUIDS: Final = ("top_up", "bill", "own_record", "payment")
EXAMPLES: Final = {"month": "2026-03"}
"""What a name in braces may look like, where it is no text or number."""
