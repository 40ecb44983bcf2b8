"""The members' addresses."""

from django.urls import include, path

from portal.member import (
    app_views,
    balance_views,
    brand_views,
    home_views,
    passkey_views,
    record_views,
    renewal_views,
    session_views,
    settlement_views,
)

app_name = "member"

urlpatterns = [
    path("", session_views.login, name="login"),
    path("logout/", session_views.logout, name="logout"),
    path("passkey/", passkey_views.log_in, name="passkey_log_in"),
    path("passkey/options/", passkey_views.options, name="passkey_options"),
    path("pin/", renewal_views.ask, name="pin_code_ask"),
    path("pin/code/", renewal_views.choose, name="pin_code_use"),
    path("app.webmanifest", app_views.manifest, name="manifest"),
    path("sw.js", app_views.worker, name="worker"),
    path("brand-<int:version>.css", brand_views.brand_css, name="brand_css"),
    path("brand-<int:version>.png", brand_views.brand_logo, name="brand_logo"),
    path("offline/", app_views.offline, name="offline"),
    path("card/", home_views.home, name="home"),
    path("card/balances/", balance_views.balances, name="balances"),
    path("card/pin/", session_views.pin_change, name="pin_change"),
    path("card/", include("portal.member.acts.urls")),
    path("apply/", include("portal.member.apply.urls")),
    path("card/records/", record_views.records, name="records"),
    path("card/records/download/", record_views.records_download, name="records_download"),
    path("card/records/<uuid:record_id>/", record_views.record_detail, name="record_detail"),
    path("card/settlements/", settlement_views.settlements, name="settlements"),
    path("card/settlements/<uuid:posting_id>/", settlement_views.payment_detail, name="payment_detail"),
]
