"""Addresses of the desk's card stock."""

from django.urls import path

from portal.desk import stock_range_views as ranges
from portal.desk import stock_views as views
from portal.desk import workday_views

urlpatterns = [
    path("", views.overview, name="stock"),
    path("ranges/", ranges.range_list, name="stock_ranges"),
    path("ranges/<int:range_id>/", ranges.range_detail, name="stock_range"),
    path("ranges/<int:range_id>/codes/", ranges.range_codes, name="stock_codes"),
    path("ranges/<int:range_id>/deliver/", ranges.range_deliver, name="stock_deliver"),
    path("make/<str:number>/", ranges.make_for_request, name="stock_make"),
    path("draw/", views.draw, name="stock_draw"),
    path("draw/back/", views.give_back, name="stock_give_back"),
    path("lying/", views.lying, name="stock_lying"),
    path("take-in/", views.take_in, name="stock_take_in"),
    path("count/", views.count, name="stock_count"),
    path("destroy/", views.destroy, name="stock_destroy"),
    path("settings/", views.settings, name="stock_settings"),
    path("workdays/", workday_views.workdays, name="workdays"),
    path("workdays/unset/", workday_views.workday_unset, name="workday_unset"),
]
