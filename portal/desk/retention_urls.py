"""Addresses of retention and of old records."""

from django.urls import path

from portal.desk import retention_views

urlpatterns = [
    path("retention/", retention_views.retention, name="retention"),
    path("retention/<int:retrieval_id>/", retention_views.retrieval, name="retrieval"),
]
