"""The one settings file. Whatever varies comes from the environment; `.env.example` lists every variable.

With nothing set the values are those of a public server behind TLS. `LANCASTER_PROFILE` relaxes them by name:
`demo` for plain http on this machine, `test` for the test suite.
"""

import os
import tomllib
from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured

from config import embedded, environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

PROFILE = env("LANCASTER_PROFILE", default="") or "production"
if PROFILE not in {"production", "demo", "test"}:
    raise ImproperlyConfigured(f"LANCASTER_PROFILE is {PROFILE!r}; it must be production, demo or test")
PUBLIC = PROFILE == "production"

environment.refuse_unknown(os.environ)
os.environ.update(environment.from_files(os.environ))
EMBEDDED = env.bool("LANCASTER_EMBEDDED", default=False)
DATA_DIR = Path(env("LANCASTER_DATA", default="") or BASE_DIR / "var").resolve()
if EMBEDDED:
    os.environ.update(embedded.missing_addresses(os.environ, DATA_DIR))
if (EMBEDDED or not PUBLIC) and not os.environ.get("SECRET_KEY"):
    os.environ["SECRET_KEY"] = embedded.secret_key(DATA_DIR)
embedded.require(os.environ, "DATABASE_URL", "REDIS_URL", "SECRET_KEY")

VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# Who may ask, and how

SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or ([] if PUBLIC else ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

SECURE_SSL_REDIRECT = PUBLIC
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PUBLIC else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PUBLIC
SECURE_HSTS_PRELOAD = PUBLIC
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = PUBLIC
CSRF_COOKIE_SECURE = PUBLIC
X_FRAME_OPTIONS = "DENY"
BEHIND_TLS_PROXY = env.bool("BEHIND_TLS_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
METRICS_TOKEN = env("METRICS_TOKEN", default="")
"""Who sends it as a bearer token may read /metrics and the details of /readyz; without one nobody may in production."""

# An upload of a spreadsheet is the largest body there is; the API takes less.
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_API_BODY_BYTES = DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# Ten wrong passwords from one address close the log-in to it for a quarter of an hour.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_ENABLED = PROFILE != "test"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_CLIENT_IP_CALLABLE = "config.middleware.client_ip"
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# Anybody may read the API from a page of theirs; cookies are never sent along.
CORS_ALLOW_ALL_ORIGINS = True
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_EXPOSE_HEADERS = [
    "Content-Location",
    "ETag",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Receipt",
    "Retry-After",
    "X-Request-ID",
]

# What runs

# The two apps come first: their templates stand over those of the stock admin.
INSTALLED_APPS = [
    "tracker",
    "measures",
    "measures.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "axes",
    "django_structlog",
]

MIDDLEWARE = [
    "config.middleware.Requests",
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Where things are kept

# The owner migrates, the application serves, the sealer signs; see tracker.roles. With one address one role does all,
# and in tests too: they make databases of their own and empty the log.
ADDRESSES = {"default": "DATABASE_URL", "owner": "DATABASE_OWNER_URL", "sealer": "DATABASE_SEALER_URL"}
if PROFILE == "test":
    ADDRESSES = {"default": "DATABASE_OWNER_URL" if os.environ.get("DATABASE_OWNER_URL") else "DATABASE_URL"}
DATABASES = {alias: env.db_url(name) for alias, name in ADDRESSES.items() if os.environ.get(name)}
for alias, database in DATABASES.items():
    if database["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            f"{ADDRESSES[alias]} must be a postgresql:// address: PostgreSQL is the only database"
        )
    database |= {"ATOMIC_REQUESTS": False, "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
    # For tracker.prepared: its statements are found by index whatever is asked, one plan serves for all values.
    # A page anywhere costs little more than the next one, as in memory or on flash: else long tables are read whole.
    planning = "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1"
    database["OPTIONS"] = {"prepare_threshold": 5, "options": planning} | database.get("OPTIONS", {})
    if alias != "default" and database["USER"] == DATABASES["default"]["USER"]:
        raise ImproperlyConfigured(f"{ADDRESSES[alias]} and DATABASE_URL name the same user: each needs its own")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # The manifest exists only after collectstatic, which the tests do not run.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PROFILE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
if PROFILE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The ledger: the name under which checkpoints are signed, for ever the same, and the sealer's own two files.

LEDGER_ORIGIN = env("LEDGER_ORIGIN", default="") or f"{(ALLOWED_HOSTS or ['localhost'])[0]}/ledger"
LEDGER_KEY = env("LEDGER_KEY", default="")
LEDGER_KEY_FILE = Path(env("LEDGER_KEY_FILE", default="") or DATA_DIR / "ledger" / "keys")
LEDGER_STATE_FILE = Path(env("LEDGER_STATE_FILE", default="") or DATA_DIR / "ledger" / "last-checkpoint")

# Words and clocks

LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# The API

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"],
    "DEFAULT_SCHEMA_CLASS": "tracker.api.schema.Operation",
    "EXCEPTION_HANDLER": "tracker.api.problems.handle",
    "DEFAULT_METADATA_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,  # an unknown parameter `format` is refused like any other
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": int(BEHIND_TLS_PROXY),
}

REST_KNOX = {"TOKEN_PREFIX": "tmt_", "AUTH_HEADER_PREFIX": "Bearer"}
# Requests a minute: of each address without a token, of each token. 0 is no limit, as in tests.
API_PER_MINUTE = {
    "anonymous": env.int("API_ANONYMOUS_PER_MINUTE", default=0 if PROFILE == "test" else 600),
    "token": env.int("API_TOKEN_PER_MINUTE", default=0 if PROFILE == "test" else 3_000),
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Lancaster",
    "DESCRIPTION": "Trade measures and talks at any point of three clocks: valid, known, recorded.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token, made in the admin.",
            }
        }
    },
}

WEBHOOKS_ALLOW_PRIVATE = env.bool("WEBHOOKS_ALLOW_PRIVATE", default=False)
"""Whether webhooks may go into the operator's own network, and over plain http."""

# The workers. Nothing of value lives in the broker: a message is a wake-up, and the sweep repairs a lost one.

CELERY_BROKER_URL = env("REDIS_URL")
# Sets this deployment's keys apart where several share one Redis.
BROKER_KEY_PREFIX = env("BROKER_KEY_PREFIX", default="")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Short and without retries, so that recording an event never waits for a broker that is down.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 0.5,
    "global_keyprefix": BROKER_KEY_PREFIX,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A foreign server may take its time: what waits for one has workers of its own, and the projections never wait for it.
CELERY_TASK_ROUTES = {"tracker.tasks.deliver": {"queue": "deliveries"}}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "tracker.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "attest": {"task": "tracker.tasks.attest", "schedule": crontab(hour=3, minute=0)},
    "verify": {"task": "tracker.tasks.verify", "schedule": crontab(hour=3, minute=30)},
    "deliver_all": {"task": "tracker.tasks.deliver_all", "schedule": 5.0, "options": {"expires": 5}},
    "forget_deliveries": {"task": "tracker.tasks.forget_deliveries", "schedule": crontab(hour=4, minute=0)},
    "make_bulk": {"task": "tracker.tasks.make_bulk", "schedule": crontab(hour=2, minute=30)},
    "record_due": {"task": "measures.tasks.record_due", "schedule": 30.0, "options": {"expires": 30}},
    "check_waiting": {"task": "measures.admin.tasks.check_waiting", "schedule": 30.0, "options": {"expires": 30}},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# What is written to standard error: JSON in production, lines elsewhere. An id follows a request into its tasks.

logs.configure()
LOGGING = logs.logging_config(env("LOG_LEVEL", default="") or "INFO", as_json=PUBLIC)
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # checked by config.middleware before
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = ""
