"""Addresses of the members' portal, on a chain's host."""

from django.urls import URLPattern

app_name = "member"

urlpatterns: list[URLPattern] = []
