"""How often one network address may send a form."""

import math
import time

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

POSTS_PER_WINDOW = 5
WINDOW_SECONDS = 600

log = structlog.get_logger(__name__)


def seconds_to_wait(address: str) -> int:
    """Count one post of an address; return 0 if it may be taken, else the seconds until it may.

    Windows are fixed spans of ten minutes. Without a cache every post is taken: losing an enquiry
    is worse than letting some spam in.
    """
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    key = f"enquiry-posts:{address}:{window}"
    try:
        cache.add(key, 0, WINDOW_SECONDS)
        count = cache.incr(key)
    except (RedisError, ValueError) as error:
        log.warning("enquiry_limiter_off", error=type(error).__name__)
        return 0
    return 0 if count <= POSTS_PER_WINDOW else math.ceil((window + 1) * WINDOW_SECONDS - now)
