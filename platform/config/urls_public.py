"""What answers at the base host: the public site, owners' accounts and console, the platform's own staff."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from portal.registers.platform import platform_site

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/webhooks/", include("api.webhooks")),
    path("", include("portal.public.urls")),
    path("accounts/", include("allauth.urls")),
    path("console/", include("portal.owner.urls")),
    path("platform/", include("portal.platform.urls")),
    path("platform/", platform_site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
]
if settings.MODE != "production":
    urlpatterns.append(path("dev/pay/", include("portal.dev.pay_urls")))
    urlpatterns.append(path("dev/", include("portal.dev.urls")))

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
