"""Addresses of a chain's account in the owner's console."""

from django.urls import path

from portal.owner import account_views as views

urlpatterns = [
    path("", views.account, name="account"),
    path("top-up/", views.TopUp.as_view(), name="top_up"),
    path("payments/<uuid:payment_id>/", views.payment, name="payment"),
    path("automatic/", views.automatic, name="automatic"),
    path("cards/new/", views.card_new, name="card_new"),
    path("cards/<int:card_id>/remove/", views.card_remove, name="card_remove"),
]
