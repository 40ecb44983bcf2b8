"""Settings of every process: web, worker, commands, tests. What differs between machines comes from ``environment``."""

import os
from typing import Any, Final

from csp import constants as csp

from config import environment
from config.databases import broker_url, databases, redis_url
from config.payments import payments

BASE_DIR = environment.ROOT
MODE = environment.MODE
LOCAL = MODE == "local"

SECRET_KEY = environment.secret("KAYUN_SECRET_KEY")
SECRET_KEY_FALLBACKS = [k for k in os.environ.get("KAYUN_SECRET_KEY_FALLBACKS", "").split(",") if k]
DEBUG = environment.flag("KAYUN_DEBUG", default=False)

# Chains answer at <slug>.<BASE_DOMAIN>; browsers resolve *.localhost by themselves.
BASE_DOMAIN = os.environ.get("KAYUN_BASE_DOMAIN", "localhost")
ALLOWED_HOSTS = [BASE_DOMAIN, f".{BASE_DOMAIN}"]
if MODE != "production":
    ALLOWED_HOSTS += ["127.0.0.1", "[::1]", "testserver"]
PUBLIC_PORT = os.environ.get("KAYUN_PUBLIC_PORT", "8000" if MODE != "production" else "")

# ── Apps ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# No foreign key crosses between public and a chain: whatever points at a user, a content type or a permission is in
# both.
_IN_BOTH = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "kernel",
    "kernel.mail",
    "ledger",
    "tenants.people",
    "tenants.audit",
]
# Not "django_tenants" itself: its commands migrate and clone by other rules than ours.
SHARED_APPS = [
    *_IN_BOTH,
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    # allauth's page of security keys tells their age in its words.
    "django.contrib.humanize",
    "tenants.chains",
    "billing.pricebook",
    "billing.accounts",
    "billing.metering",
    "billing.subscriptions",
    "billing.payments",
    "billing.statements",
    "billing.forecasts",
    "billing.invoices",
    "portal",
    "api",
]
if MODE != "production":
    # The payment service, where none is: anybody there can pay with nothing.
    SHARED_APPS.append("billing.simulator")
TENANT_APPS = [
    *_IN_BOTH,
    "kernel.files",
    "kernel.sms",
    "tenants.stores",
    "membership.members",
    "membership.buyers",
    "membership.vehicles",
    "membership.syncing",
    "membership.cards",
    "membership.cashier",
    "membership.packages",
    "membership.records",
    "membership.documents",
    "membership.events",
    "membership.stock",
    "membership.expiry",
    "membership.tills",
    "membership.devices",
    "membership.requests",
    "membership.talks",
    "membership.imports",
    "membership.exports",
    "membership.takeover",
    "membership.retention",
    "membership.applications",
    "membership.branding",
]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]

TENANT_MODEL = "chains.Chain"
TENANT_DOMAIN_MODEL = "chains.Domain"
DATABASE_ROUTERS = ["kernel.db.routers.SchemaRouter"]
PUBLIC_SCHEMA_NAME = "public"

# ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────
ROOT_URLCONF = "config.urls_chain"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
WSGI_APPLICATION = "config.wsgi.application"

MIDDLEWARE = [
    "kernel.observability.middleware.RequestContextMiddleware",
    "kernel.observability.middleware.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.chains.middleware.ChainMiddleware",
    "portal.member.door.MemberDoorMiddleware",
    # Outside the transaction, which must hear of a refusal first: exceptions travel outwards.
    "portal.errors.DomainErrorMiddleware",
    "kernel.http.refusals.OutageMiddleware",
    "kernel.http.transactions.RequestTransactionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the token is asked for, and with the language found: what it refuses is drawn as a page.
    "portal.methods.PageMethodsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # Last: its page is drawn with the language and the chain the others found.
    "portal.paths.PathMiddleware",
]
# What a chain's own software passes through: it has no session, no cookies and no pages (kernel.http.handlers).
PROGRAMS_MIDDLEWARE = [
    "kernel.observability.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tenants.chains.middleware.ChainMiddleware",
    "kernel.http.refusals.OutageMiddleware",
    "kernel.http.transactions.RequestTransactionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "portal" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    },
]

# ── Data ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# KAYUN_ROLE says what kind of process this is: web pools its connections; migrations and Celery's prefork must not.
PROCESS_ROLE = os.environ.get("KAYUN_ROLE", "command")
DATABASES = databases(pooled=PROCESS_ROLE == "web")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = redis_url()
# How long a request waits for Valkey, which answers within a millisecond or is gone.
VALKEY_PATIENCE_S = 1.0
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        # Attempts are counted there before a password is looked at: where nothing counts, nobody is let try, soon.
        "OPTIONS": {"socket_timeout": VALKEY_PATIENCE_S, "socket_connect_timeout": VALKEY_PATIENCE_S},
    }
}
# The database role that web and worker use; migrations take rights on books away from it.
APP_ROLE = os.environ.get("KAYUN_APP_ROLE", "kayun_app")

# ── People ────────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "kernel.passwords.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNT_ADAPTER = "tenants.people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FORM_CLASS = "portal.owner.forms.SignupForm"
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_USER_DISPLAY = "tenants.people.adapter.display_name"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = MODE != "production"
MFA_FORMS = {
    "authenticate": "portal.second_factors.CodeForm",
    "reauthenticate": "portal.second_factors.CodeAgainForm",
    "add_webauthn": "portal.second_factors.NewKeyForm",
    "edit_webauthn": "portal.second_factors.KeyNameForm",
}
MFA_TOTP_ISSUER = "Kayun 卡云"
# By name: the public site and the chains have their log-in pages at different addresses.
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"

# Cookies stay with one host: a chain's session is no use to another chain.
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = MODE == "production"
SECURE_SSL_REDIRECT = environment.flag("KAYUN_SSL_REDIRECT", default=MODE == "production")
SECURE_HSTS_SECONDS = 31_536_000 if MODE == "production" else 0
# Whether our own proxy stands in front, whose word on the scheme and the caller's address is believed.
BEHIND_PROXY = environment.flag("KAYUN_BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Pages hold nothing inline: what somebody smuggles into one does not run. The registers, whose framework evaluates
# expressions, are given that much more (portal/registers/base.py).
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        # Small pictures in the style sheet, and the code to scan when a second factor is set up.
        "img-src": [csp.SELF, "data:"],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "frame-ancestors": [csp.NONE],
        # The console's forms lead on to the chains' own hosts, and to where top-ups are paid.
        "form-action": [csp.SELF, f"{BASE_DOMAIN}:*", f"*.{BASE_DOMAIN}:*", "https://checkout.stripe.com"],
    }
}
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"
# What draws a refusal that is made before any view is chosen (an unknown host).
ERROR_PAGE = "portal.errors.page"

PIN_PEPPERS = environment.versioned_secrets("KAYUN_PIN_PEPPERS", local="KAYUN_PIN_PEPPER")
# What encrypts ID numbers and private files, and what makes them findable without reading them (kernel.crypto).
DATA_KEYS = environment.versioned_secrets("KAYUN_DATA_KEYS", local="KAYUN_DATA_KEY")
INDEX_KEYS = environment.versioned_secrets("KAYUN_INDEX_KEYS", local="KAYUN_INDEX_KEY")
# Where printing looks for fonts besides the machine's own: what `kayun check` unpacked for a machine that has no
# Chinese one.
FONT_DIRS = [path for path in (environment.LOCAL_DIR / "tools" / "fonts",) if path.exists()]
# Host-wide places for hashing, so many for PINs and as many for passwords: without a bound a flood of log-ins takes the
# tills' processor.
HASHING_SLOTS = int(os.environ.get("KAYUN_HASHING_SLOTS", "1"))
HASHING_SLOTS_DIR = environment.LOCAL_DIR / "slots"
# How long somebody at the door waits for a place. Tests share their machine with other work, and hashing yields to all.
HASHING_WAIT_S = 300.0 if MODE == "test" else 5.0
# After a stranger's PIN a slot rests so many times as long as the hash took: a quarter of a processor at the most.
HASHING_REST = 0.0 if MODE == "test" else 3.0

# ── Language and time ─────────────────────────────────────────────────────────────────────────────────────────────
# Source strings are Chinese; the catalogs hold their English.
LANGUAGE_CODE = "zh-hans"
LANGUAGES: Final = [("zh-hans", "简体中文"), ("en", "English")]  # each in its own words
LOCALE_PATHS = [BASE_DIR / "platform" / "config" / "locale", BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# ── Files, mail, tasks ────────────────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
# Collected for production only; elsewhere WhiteNoise serves each file from where it is written.
STATIC_ROOT = BASE_DIR / "staticfiles" if MODE == "production" else None
STATICFILES_DIRS = [BASE_DIR / "portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # What is not for the web: exports, archives.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": os.environ.get("KAYUN_PRIVATE_DIR", str(environment.LOCAL_DIR / "private")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE == "production"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# What is uploaded may hold a whole chain's people: never in clear in the folder of temporary files.
FILE_UPLOAD_HANDLERS = ["kernel.files.spooling.SealedUploadHandler"]
WHITENOISE_USE_FINDERS = MODE != "production"

# Rows of an import that are staged, or taken over, in one transaction: what is at most done again after a kill.
IMPORT_BATCH_ROWS = int(os.environ.get("KAYUN_IMPORT_BATCH_ROWS", "50000"))

EMAIL_BACKEND = "kernel.mail.backend.OutboxBackend"
DEFAULT_FROM_EMAIL = os.environ.get("KAYUN_FROM_EMAIL", "卡云 <no-reply@localhost>")
# How the outbox delivers: SMTP when a server is named, else the message stays on /dev/mail/ (never in production).
SMTP_URL = os.environ.get("KAYUN_SMTP_URL", "")
# Who carries text messages (kernel.sms.carriers); without anybody they stay on /dev/sms/, and are not offered in
# production. The carrier's codes of the texts it has approved, by our names for them.
SMS_URL = os.environ.get("KAYUN_SMS_URL", "")
SMS_TEMPLATES = environment.table("KAYUN_SMS_TEMPLATES")

CELERY_BROKER_URL = broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if PROCESS_ROLE != "worker":
    # A hint to the workers is worth no more waiting than that: the sweeper finds what was not hinted at. The workers
    # themselves wait long for something to do.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
CELERY_TASK_TIME_LIMIT = 900
CELERY_TIMEZONE = TIME_ZONE

# ── Payments ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# Keys and secrets come from the environment alone; a choice that could lose or invent money does not start.
PAYMENTS = payments(
    MODE,
    os.environ,
    simulator_secret="" if MODE == "production" else environment.secret("KAYUN_SIMULATOR_WEBHOOK_SECRET"),
)
PAYMENT_SIMULATOR = "billing.simulator.transport.SimulatedTransport"
# Where the simulated service finds us, and browsers find its payment page.
SIMULATOR_BASE_URL = f"http://{BASE_DOMAIN}{f':{PUBLIC_PORT}' if PUBLIC_PORT else ''}"

# Over so many connections at once the periods of thousands of chains are charged.
BILLING_LANES = int(os.environ.get("KAYUN_BILLING_LANES", "2"))

# ── API ───────────────────────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "api.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"TITLE": "Kayun API", "VERSION": "1", "SERVE_INCLUDE_SCHEMA": False}

# ── Watching it ───────────────────────────────────────────────────────────────────────────────────────────────────
SENTRY_DSN = os.environ.get("SENTRY_DSN", "")
RELEASE = os.environ.get("KAYUN_RELEASE", "dev")
LOGGING_CONFIG = "kernel.observability.logs.configure"
LOGGING: dict[str, Any] = {
    "json": environment.flag("KAYUN_JSON_LOGS", default=MODE == "production"),
    # Who runs a command reads what it says; lines about each request or task are for servers' logs.
    "level": os.environ.get("KAYUN_LOG_LEVEL", "WARNING" if PROCESS_ROLE == "command" else "INFO"),
}

SILENCED_SYSTEM_CHECKS: list[str] = []
# The registers wear the desk's colour; names and ways back are each site's own (portal/registers).
UNFOLD: dict[str, Any] = {
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_HISTORY": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "COLORS": {
        "primary": {
            "50": "#eef7f6",
            "100": "#e0efee",
            "200": "#bcdedd",
            "300": "#8bd0d1",
            "400": "#4fa9ad",
            "500": "#1f7f88",
            "600": "#0f5c66",
            "700": "#0d565f",
            "800": "#0a434b",
            "900": "#0c2a31",
            "950": "#06262b",
        }
    },
}
