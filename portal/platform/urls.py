"""Addresses of the platform's own staff, beside the registers at the same place."""

from django.urls import path

from portal.platform import (
    adjustment_views,
    chain_views,
    event_views,
    health_views,
    invoice_views,
    payment_views,
    price_views,
)

app_name = "office"

urlpatterns = [
    path("chains/", chain_views.chain_list, name="chains"),
    path("chains/of/<slug:slug>/", chain_views.chain_page, name="chain"),
    path("chains/of/<slug:slug>/retry/", chain_views.chain_retry, name="chain_retry"),
    path("health/", health_views.health_page, name="health"),
    path("health/chains/", health_views.health_chains, name="health_chains"),
    path("prices/", price_views.price_list, name="prices"),
    path("prices/new/", price_views.price_new, name="price_new"),
    path("prices/<slug:version>/", price_views.price_book, name="price_book"),
    path("prices/<slug:version>/csv/", price_views.price_csv, name="price_csv"),
    path("prices/<slug:version>/approve/", price_views.price_approve, name="price_approve"),
    path("prices/<slug:version>/withdraw/", price_views.price_withdraw, name="price_withdraw"),
    path("invoices/", invoice_views.invoice_list, name="invoices"),
    path("invoices/<int:invoice_id>/issue/", invoice_views.issue, name="invoice_issue"),
    path("invoices/<int:invoice_id>/refuse/", invoice_views.refuse, name="invoice_refuse"),
    path("events/", event_views.event_list, name="events"),
    path("events/<int:event_pk>/resend/", event_views.resend, name="event_resend"),
    path("events/<int:event_pk>/ignore/", event_views.ignore, name="event_ignore"),
    path("adjustments/", adjustment_views.adjustment_list, name="adjustments"),
    path("adjustments/<int:adjustment_id>/approve/", adjustment_views.approve, name="adjustment_approve"),
    path("adjustments/<int:adjustment_id>/reject/", adjustment_views.reject, name="adjustment_reject"),
    path("payments/", payment_views.payment_list, name="payments"),
    path("payments/<uuid:payment_id>/refund/", payment_views.Refund.as_view(), name="refund"),
]
