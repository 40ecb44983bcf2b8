"""Where people apply for a card (R-A11)."""

from django.urls import path

from portal.member.apply import following_views, form_views

urlpatterns = [
    path("", form_views.apply_form, name="apply"),
    path("code/", form_views.code, name="apply_code"),
    path("code/again/", form_views.code_again, name="apply_code_again"),
    path("find/", following_views.find, name="apply_find"),
    path("find/code/", following_views.find_code, name="apply_find_code"),
    path("f/<str:number>/<str:signature>/", following_views.follow, name="apply_follow"),
    path("mine/", following_views.mine, name="apply_mine"),
    path("mine/withdraw/", following_views.take_back, name="apply_withdraw"),
    path("pin/<str:secret>/", following_views.set_pin, name="apply_pin"),
]
