"""Addresses of the desk, on a chain's host."""

from portal.desk import people_urls

app_name = "desk"

urlpatterns = [*people_urls.urlpatterns]
