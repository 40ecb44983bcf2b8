"""Addresses of the owner's console, on the base host."""

from django.urls import include, path

from portal.owner import invoice_views, price_views, subscriptions, team_views, usage, views

app_name = "console"

urlpatterns = [
    path("", views.home, name="home"),
    path("chains/new/", views.chain_new, name="chain_new"),
    path("chains/slug/", views.slug_check, name="slug_check"),
    path("chains/<slug:slug>/progress/", views.chain_progress, name="chain_progress"),
    path("chains/<slug:slug>/retry/", views.chain_retry, name="chain_retry"),
    path("chains/<slug:slug>/desk/", views.open_desk, name="open_desk"),
    path("chains/<slug:slug>/account/", include("portal.owner.account_urls")),
    path("chains/<slug:slug>/invoices/", invoice_views.invoices, name="invoices"),
    path(
        "chains/<slug:slug>/invoices/titles/<int:title_id>/remove/",
        invoice_views.title_remove,
        name="invoice_title_remove",
    ),
    path("chains/<slug:slug>/prices/", price_views.prices, name="prices"),
    path("chains/<slug:slug>/statements/", include("portal.owner.statement_urls")),
    path("chains/<slug:slug>/subscription/", subscriptions.subscription, name="subscription"),
    path("chains/<slug:slug>/team/", team_views.team, name="team"),
    path("chains/<slug:slug>/usage/", usage.usage, name="usage"),
    path("chains/<slug:slug>/subscription/quote/", subscriptions.subscription_quote, name="subscription_quote"),
    path("chains/<slug:slug>/subscription/change/", subscriptions.subscription_change, name="subscription_change"),
]
