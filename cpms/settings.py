"""All settings, read once from the environment (and `.env`), typed, loud when wrong.

`docs/settings.md` lists the variables; `manage.py doctor` checks them against the running system.
"""

import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO

from cpms import environment as env
from cpms.embedded import addresses
from cpms.kernel.logs import configure_logging

BASE_DIR = Path(__file__).resolve().parent.parent

env.read_file(os.environ.get("CPMS_ENV_FILE", str(BASE_DIR / ".env")))  # empty: none
env.refuse_unserved_tls()


@dataclass(frozen=True, slots=True)
class OcppSettings:
    """How we talk to stations."""

    call_timeout: timedelta
    heartbeat_interval: timedelta
    command_deadline: timedelta
    message_log_days: int


@dataclass(frozen=True, slots=True)
class BookingSettings:
    hold_before: timedelta
    cancel_before: timedelta
    change_before: timedelta
    no_show_after: timedelta
    shortest: timedelta
    longest: timedelta
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class OcpiSettings:
    """How we roam. `party` (country code and party id) is ours while no location names one;
    `token_grace`: how long a replaced credentials token still lets requests in flight in.
    `bookings_module`: what the Bookings module is called in our version details: its
    specification names it twice, and differently. `tokens_a_minute`, `commands_a_minute`: how
    many such requests one partner may make, at one web process."""

    party: tuple[str, str]
    token_grace: timedelta
    message_log_days: int
    bookings_module: str
    tokens_a_minute: int
    commands_a_minute: int


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """When something is the matter. `offline_after`: how long a station may be away."""

    offline_after: timedelta


DATA_DIR = Path(env.text("CPMS_DATA_DIR", str(BASE_DIR / "var"))).resolve()
HOST = env.text("CPMS_HOST", "127.0.0.1")
PORT = env.whole_number("CPMS_PORT", 8000, 1, 65_535)
PUBLIC_URL = env.web_url("CPMS_PUBLIC_URL", f"http://{addresses.authority(HOST, PORT)}")
WEB_PROCESSES = env.whole_number("CPMS_WEB_PROCESSES", 1, 1, 64)
METRICS_TOKEN = env.text("CPMS_METRICS_TOKEN")
EGRESS_ALLOW = env.hosts_and_networks("CPMS_EGRESS_ALLOW")
DEBUG = False
TESTING = "pytest" in sys.modules

EMBEDDED = not env.is_set("DATABASE_URL")
SECRET_KEY = env.secret(
    "DJANGO_SECRET_KEY", (lambda: addresses.secret_key(DATA_DIR)) if EMBEDDED else None
)


def database(name: str, default: str) -> dict[str, object]:
    """Connection parameters; the pool is small because gateways write through their own."""
    parameters = env.database(name, default)
    pool = {"min_size": 1, "max_size": env.whole_number("CPMS_DATABASE_POOL", 5, 1, 500)}
    return {
        **parameters,
        "HOST": unquote(parameters.get("HOST") or ""),  # a socket's directory comes quoted
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parameters.get("OPTIONS", {}), "pool": {**pool, "timeout": 10}},
        "TEST": {"NAME": env.text("CPMS_TEST_DATABASE") or None},
    }


DATABASES = {"default": database("DATABASE_URL", addresses.database_url(DATA_DIR))}
if env.is_set("DATABASE_REPLICA_URL"):
    env.database("DATABASE_REPLICA_URL", "")  # no report reads it yet; a wrong one is refused
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis_url("REDIS_URL", addresses.redis_url(DATA_DIR))
KEY_PREFIX = env.text("CPMS_KEY_PREFIX", "cpms:")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "accounts",
    "stations",
    "tariffs",
    "booking",
    "energy",
    "dso",
    "alerts",
    "ocpi",
    "ocpp_gateway",
    "cpms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "cpms.portal.statics.StaticFiles",
    "django.middleware.gzip.GZipMiddleware",
    "cpms.middleware.RequestLog",
    "cpms.middleware.ChunkedBody",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cpms.languages.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cpms.router.Router",
    "cpms.portal.middleware.Refusals",
]

ROOT_URLCONF = "cpms.urls"
ASGI_APPLICATION = "cpms.asgi.application"
APPEND_SLASH = False
ALLOWED_HOSTS = env.names("CPMS_ALLOWED_HOSTS", "*")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "cpms.portal.navigation.context",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 9},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip"}  # and see accounts/attempts.py
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[eMall CPMS] "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = PUBLIC_URL.split(":")[0]

MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "eMall CPMS"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "cpms.portal.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}

REDIS_CACHE = {
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": KEY_PREFIX,
    "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
}
CACHES = {
    "default": {"BACKEND": "cpms.cache.Forgetful", **REDIS_CACHE},
    "redis": {"BACKEND": "django.core.cache.backends.redis.RedisCache", **REDIS_CACHE},
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [  # a catalogue makes a language
    (code, LANG_INFO[code]["name_local"].capitalize())
    for code in sorted({"en", *(folder.name for folder in LOCALE_PATHS[0].iterdir())})
]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_AGE = 31_536_000

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

EMAIL_CONFIG = env.email("EMAIL_URL", f"filemail:////{DATA_DIR}/mail")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.text("CPMS_MAIL_FROM", "cpms@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cpms.api.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cpms.api.permissions.ByRole"],
    "DEFAULT_RENDERER_CLASSES": ["cpms.api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cpms.api.parsing.JsonParser"],
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "cpms.api.filtering.Ordering",
    ],
    "DEFAULT_PAGINATION_CLASS": "cpms.api.pagination.ByCursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cpms.api.errors.handle",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "eMall CPMS",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["cpms.api.schema.without_optional_slash"],
    "POSTPROCESSING_HOOKS": [
        "cpms.api.schema.with_problems",
    ],
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_TRANSPORT_OPTIONS = {"global_keyprefix": KEY_PREFIX, "visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"

OCPP = OcppSettings(
    call_timeout=timedelta(seconds=env.whole_number("OCPP_CALL_TIMEOUT_SECONDS", 30, 1, 600)),
    heartbeat_interval=timedelta(
        seconds=env.whole_number("OCPP_HEARTBEAT_INTERVAL_SECONDS", 300, 10, 86_400)
    ),
    command_deadline=timedelta(
        seconds=env.whole_number("OCPP_COMMAND_DEADLINE_SECONDS", 60, 1, 3600)
    ),
    message_log_days=env.whole_number("OCPP_MESSAGE_LOG_DAYS", 14, 1, 3660),
)

OCPI = OcpiSettings(
    party=env.party("CPMS_OCPI_PARTY", "NL*EMA"),
    token_grace=timedelta(seconds=env.whole_number("CPMS_OCPI_TOKEN_GRACE_SECONDS", 60, 0, 60)),
    message_log_days=env.whole_number("CPMS_OCPI_MESSAGE_LOG_DAYS", 14, 1, 3660),
    bookings_module=env.text("CPMS_OCPI_BOOKINGS_MODULE", "bookings"),
    tokens_a_minute=env.whole_number("CPMS_OCPI_TOKENS_PER_MINUTE", 3000, 1, 1_000_000),
    commands_a_minute=env.whole_number("CPMS_OCPI_COMMANDS_PER_MINUTE", 300, 1, 1_000_000),
)

BOOKING = BookingSettings(
    hold_before=timedelta(
        minutes=env.whole_number("CPMS_BOOKING_HOLD_BEFORE_MINUTES", 15, 0, 1440)
    ),
    cancel_before=timedelta(
        minutes=env.whole_number("CPMS_BOOKING_CANCEL_BEFORE_MINUTES", 60, 0, 10_080)
    ),
    change_before=timedelta(
        minutes=env.whole_number("CPMS_BOOKING_CHANGE_BEFORE_MINUTES", 60, 0, 10_080)
    ),
    no_show_after=timedelta(minutes=env.whole_number("CPMS_BOOKING_NO_SHOW_MINUTES", 30, 1, 1440)),
    shortest=timedelta(minutes=env.whole_number("CPMS_BOOKING_SHORTEST_MINUTES", 15, 1, 1440)),
    longest=timedelta(hours=env.whole_number("CPMS_BOOKING_LONGEST_HOURS", 24, 1, 744)),
    ahead=timedelta(days=env.whole_number("CPMS_BOOKING_AHEAD_DAYS", 60, 1, 366)),
)

ALERTS = AlertSettings(
    offline_after=timedelta(minutes=env.whole_number("CPMS_ALERT_OFFLINE_MINUTES", 5, 0, 1440)),
)

PRICE_FOLDER = Path(env.text("CPMS_PRICE_FOLDER", str(DATA_DIR / "prices"))).resolve()
ENTSOE_URL = env.web_url("CPMS_ENTSOE_URL", "https://web-api.tp.entsoe.eu/api")

LOGGING_CONFIG = None
configure_logging(
    level=env.one_of("CPMS_LOG_LEVEL", "INFO", env.LEVELS), secrets=[SECRET_KEY, METRICS_TOKEN]
)
