"""The simulated payment service's page. Included outside production only: the service is not installed there."""

from django.urls import path

from portal.dev import pay_views

urlpatterns = [path("<str:session_id>/", pay_views.page, name="pay")]
