"""Addresses of what members ask for."""

from django.urls import path

from portal.desk import request_views

urlpatterns = [
    path("", request_views.request_list, name="member_requests"),
    path("<int:key>/", request_views.request_detail, name="member_request"),
    path("<int:key>/refuse/", request_views.request_refuse, name="member_request_refuse"),
    path("<int:key>/settle/", request_views.request_settle, name="member_request_settle"),
    path("<int:key>/transfer/", request_views.request_transfer, name="member_request_transfer"),
]
