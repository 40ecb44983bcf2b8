"""What answers at a chain's own host: its members' portal, its staff's desk, its software's API."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from portal.desk.login_views import DeskLogin
from portal.dev import urls as dev_urls
from portal.registers.desk import registers_site

urlpatterns: list[URLPattern | URLResolver] = [
    # First: tills ask more often than people.
    path("api/", include("api.urls")),
    path("", include("portal.member.urls")),
    path("desk/", include("portal.desk.urls")),
    # Staff accounts are allauth's too. Its own log-in page gives way to the desk's, which it also finds under its own
    # name: of two addresses with one name the later is written.
    path("desk/accounts/login/", RedirectView.as_view(pattern_name="desk:login", query_string=True)),
    path("desk/accounts/", include("allauth.urls")),
    path("desk/login/", DeskLogin.as_view(), name="account_login"),
    path("desk/registers/", registers_site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
if settings.MODE != "production":
    urlpatterns.append(path("dev/", include(([*dev_urls.MAIL, *dev_urls.CHAIN], dev_urls.app_name))))

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
