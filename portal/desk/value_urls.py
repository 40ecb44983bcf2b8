"""Addresses of prepayment, signed bills, returns, packages, points, and of the rules behind them."""

from django.urls import path

from portal.desk import value_rule_views, value_views

urlpatterns = [
    path("value/rules/", value_rule_views.rules, name="value_rules"),
    path("value/rules/preview/", value_rule_views.draw_preview, name="value_draws"),
    path("value/rules/<str:kind>/<int:rule_id>/", value_rule_views.rule_switch, name="value_rule_switch"),
    path("members/<str:code>/terms/", value_rule_views.member_terms, name="member_terms"),
    path("value/prepayment/", value_views.prepayment, name="prepayment"),
    path("value/signed/", value_views.signed_bills, name="signed_bills"),
    path("value/signed/<uuid:bill_id>/", value_views.signed_bill, name="signed_bill"),
    path("value/points/", value_views.points, name="points_adjust"),
    path("value/packages/", value_views.card_packages, name="card_packages"),
    path("value/packages/products/", value_views.package_products, name="package_products"),
    path("value/packages/products/<int:product_id>/", value_views.package_switch, name="package_switch"),
    path("receipts/<uuid:record_id>/return/", value_views.goods_return, name="goods_return"),
    path("receipts/<uuid:record_id>/fault/", value_views.fault, name="fault_report"),
]
