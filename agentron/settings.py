"""Django's settings. What comes from outside is read and checked in env.py."""

import os
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF

from agentron.admin_menu import UNFOLD as UNFOLD
from agentron.audit import AUDITED
from agentron.databases import database
from agentron.env import (
    SHIPPED,
    address,
    check_model_addresses,
    data_folder,
    dollars,
    encryption_keys,
    env,
    flag,
    hosts,
    load_secrets,
    model_name,
    whole,
    zone,
)

# Lets fields and querysets be subscripted with their types at run time.
django_stubs_ext.monkeypatch()

AGENTRON_DATA = data_folder()
load_secrets(AGENTRON_DATA)

SECRET_KEY = env.str("SECRET_KEY")
AGENTRON_ENCRYPTION_KEYS = encryption_keys()
DEBUG = flag("DEBUG", default=False)
AGENTRON_URL = address("AGENTRON_URL")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS") if env.str("ALLOWED_HOSTS", default="") else ["localhost", "127.0.0.1", "[::1]"]
if AGENTRON_URL:
    ALLOWED_HOSTS.append(urlsplit(AGENTRON_URL).hostname)
CSRF_TRUSTED_ORIGINS = [AGENTRON_URL] if AGENTRON_URL else []

# Without "daphne": it only gives runserver, and brings Twisted and an event loop into every process.
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "auditlog",
    "axes",
    "channels",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
    "ninja",
    "agentron",
    "telegram_bridge",
    "tasks",
    "workflows",
    "chat",
]

MIDDLEWARE = [
    "chat.http.problems.api_problems",
    "django.middleware.security.SecurityMiddleware",
    "agentron.compression.compress",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "agentron.admin_policy.relax_admin",
    "agentron.admin_policy.refuse_nul",
    "django_htmx.middleware.HtmxMiddleware",
    "chat.signed_out.to_the_front_door",
    "chat.caching.kept_private",
    "chat.local_time.in_own_zone",
    "agentron.audit.with_actor",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "agentron.urls"
ASGI_APPLICATION = "agentron.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SHIPPED / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agentron.context.model",
                "agentron.context.waiting",
                "telegram_bridge.context.telegram",
                "chat.context.sidebar",
            ],
        },
    },
]


DATABASES = {"default": database(AGENTRON_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# What is kept out of the log: people type their password into the field above it. The admin shows the names.
AXES_SENSITIVE_PARAMETERS = ["username"]
AXES_LOCKOUT_TEMPLATE = "sign_in/locked.html"
AUDITLOG_INCLUDE_TRACKING_MODELS = AUDITED
AUDITLOG_MASK_CALLABLE = "agentron.audit.masked"
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "chat"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
TIME_ZONE = zone("TIME_ZONE", default="UTC")
USE_I18N = False
USE_TZ = True
FORMAT_MODULE_PATH = "agentron.formats"

STATIC_URL = "static/"
STATIC_ROOT = AGENTRON_DATA / "static"
STATICFILES_DIRS = [SHIPPED / "static"]
# Files are served from where they lie, so that no collectstatic has to run before the first page.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = AGENTRON_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

Q_CLUSTER: dict[str, Any] = {
    "name": "agentron",
    "orm": "default",
    "poll": 0.05,
    "bulk": 1,
    "queue_limit": 1,
    "workers": 1,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 1,
    "guard_cycle": 0.25,
    "catch_up": False,
    # A recycled worker would look like a death, a worker without a timeout looks idle while it works.
    "recycle": 10_000_000,
    "timeout": 30_000_000,
    "retry": 30_000_001,
    "label": "Queue",
    "scheduler": False,
    "log_level": "WARNING",
    "ALT_CLUSTERS": {
        "runs": {},
        # Nobody waits for a chore: it looks once a second, which costs nothing.
        "chores": {"scheduler": True, "timeout": 600, "retry": 660, "poll": 1, "guard_cycle": 1},
    },
}

AGENTRON_MODEL = model_name("AGENTRON_MODEL")
check_model_addresses()
AGENTRON_MODEL_TIMEOUT = whole("AGENTRON_MODEL_TIMEOUT", default=60, high=3600)  # seconds without a byte from the model
AGENTRON_MAX_TURNS = whole("AGENTRON_MAX_TURNS", default=16)
AGENTRON_MAX_RUNS = whole("AGENTRON_MAX_RUNS", default=4)
AGENTRON_RUN_CONCURRENCY = whole("AGENTRON_RUN_CONCURRENCY", default=100)
AGENTRON_REMIND_HOURS = whole("AGENTRON_REMIND_HOURS", default=24, low=0)  # 0: never
# What a run may use with all that came of it, and a person's runs on a day (UTC), before somebody is asked; 0: no cap.
AGENTRON_CAP_REPLIES = whole("AGENTRON_CAP_REPLIES", default=500, low=0)
AGENTRON_CAP_CALLS = whole("AGENTRON_CAP_CALLS", default=1_000, low=0)
AGENTRON_CAP_TOKENS = whole("AGENTRON_CAP_TOKENS", default=5_000_000, low=0, high=10**12)
AGENTRON_CAP_DOLLARS = dollars("AGENTRON_CAP_DOLLARS", default=20)
AGENTRON_CAP_SECONDS = whole("AGENTRON_CAP_SECONDS", default=6 * 3600, low=0, high=10**8)
AGENTRON_CAP_DAY_TOKENS = whole("AGENTRON_CAP_DAY_TOKENS", default=0, low=0, high=10**12)
AGENTRON_CAP_DAY_DOLLARS = dollars("AGENTRON_CAP_DAY_DOLLARS", default=0)
AGENTRON_CLUSTERS = whole("AGENTRON_CLUSTERS", default=1 if (os.cpu_count() or 1) < 4 else 2, high=64)
AGENTRON_MIN_INTERVAL = whole("AGENTRON_MIN_INTERVAL", default=10)
# Another Bot API server than Telegram's own. The token is read from the environment where it is used, so that it is in no settings.
TELEGRAM_API_URL = address("TELEGRAM_API_URL") or "https://api.telegram.org"
# Hosts that fetch_url may reach although they are not public.
AGENTRON_FETCH_ALLOW = hosts("AGENTRON_FETCH_ALLOW")

DEFAULT_EXCEPTION_REPORTER = "agentron.error_pages.MaskedReporter"
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "agentron.masking.MaskedFormatter", "format": "%(levelname)s %(name)s: %(message)s"}},
    "filters": {"unready": {"()": "agentron.masking.NotUnready"}, "refused": {"()": "agentron.masking.WithoutReason"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # These write the address of every request, which may hold a token.
        "telegram": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "django.request": {"filters": ["unready", "refused"]},
        # Their everyday life is of no interest.
        "daphne": {"level": "WARNING"},
        "django-q": {"level": "WARNING"},
    },
}
