"""How often the API may be asked, by token or by address, told in headers before it is reached.

Whole minutes are counted in Redis, one command a request. A Redis that is down lets everybody through: reading goes on.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

logger = logging.getLogger(__name__)

WINDOW_SECONDS = 60
PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 10
"""After a failure the counter is left alone for so long, so that no request waits for it."""


@dataclass(frozen=True)
class Use:
    """How much of its limit an asker has used in this minute."""

    policy: str
    most: int
    used: int
    seconds_left: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


class Counter:
    """Counts by key in Redis, and knows when it lately failed."""

    def __init__(self, url: str, prefix: str) -> None:
        self.redis = redis.Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
        self.prefix = prefix
        self.paused_until = 0.0

    def count(self, key: str, now: float) -> int | None:
        """One more, and how many that are in this minute; None while Redis does not answer."""
        if now < self.paused_until:
            return None
        name = f"{self.prefix}asked:{key}:{int(now // WINDOW_SECONDS)}"
        try:
            both = self.redis.pipeline(transaction=False)
            both.incr(name)
            both.expire(name, 2 * WINDOW_SECONDS)
            found, _ = both.execute()
        except redis.RedisError as error:
            logger.warning("requests are not counted for %s seconds: %s", PAUSE_SECONDS, error)
            self.paused_until = now + PAUSE_SECONDS
            return None
        return int(found)


@cache
def counter(url: str, prefix: str) -> Counter:
    return Counter(url, prefix)


def _key(token: Any) -> str:
    return str(token.token_key)


class Limit(BaseThrottle):
    """So many requests a minute for each token, and for each address without one."""

    use: Use | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        policy, key = ("token", _key(request.auth)) if request.auth else ("anonymous", self.get_ident(request))
        most = settings.API_PER_MINUTE[policy]
        now = time.time()
        counting = counter(settings.CELERY_BROKER_URL, settings.BROKER_KEY_PREFIX)
        used = counting.count(f"{policy}:{key}", now) if most else None
        if used is None:
            return True
        self.use = Use(policy, most, used, WINDOW_SECONDS - int(now) % WINDOW_SECONDS)
        request._request.lancaster_use = self.use  # type: ignore[attr-defined]
        return used <= most

    def wait(self) -> float | None:
        return self.use.seconds_left if self.use else None


def tell(request: HttpRequest, response: HttpResponseBase) -> None:
    """Says in the headers RateLimit-Policy and RateLimit what the limit is, what is left, and for how long."""
    use: Use | None = getattr(request, "lancaster_use", None)
    if use:
        response["RateLimit-Policy"] = f'"{use.policy}";q={use.most};w={WINDOW_SECONDS}'
        response["RateLimit"] = f'"{use.policy}";r={use.left};t={use.seconds_left}'
