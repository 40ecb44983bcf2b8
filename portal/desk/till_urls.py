"""Addresses of the till, its receipts and its day, and of the quick search."""

from django.urls import path

from portal.desk import day_views, find_views, receipt_views, till_views
from portal.desk.till_forms import CONSUME, TOP_UP

urlpatterns = [
    path("till/", till_views.till, name="till"),
    path("till/card/", till_views.till_card, name="till_card"),
    path("till/quote/", till_views.till_quote, name="till_quote"),
    # From when each act had a page of its own: bookmarks, and the links of pages that have a card in hand.
    path("top-up/", till_views.old_till, {"mode": TOP_UP}, name="top_up"),
    path("consume/", till_views.old_till, {"mode": CONSUME}, name="consume"),
    path("receipts/<uuid:record_id>/", receipt_views.receipt, name="receipt"),
    path("receipts/<uuid:record_id>/print/", receipt_views.receipt_print, name="receipt_print"),
    path("receipts/<uuid:record_id>/reverse/", receipt_views.reverse, name="receipt_reverse"),
    path("find/", find_views.find, name="find"),
    path("day/", day_views.day, name="day"),
]
