"""How often one network address may send a form, and other limits of use."""

import math
import time
from ipaddress import IPv6Address, ip_address

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

POSTS_PER_WINDOW = 5
WINDOW_SECONDS = 600

log = structlog.get_logger(__name__)


def seconds_to_wait(address: str, *, post: str = "") -> int:
    """Count one post of an address; return 0 if it may be taken, else the seconds until it may.

    Windows are fixed spans of ten minutes. Each post takes one of five places; taking is atomic in every
    cache, so posts at the same moment count too. Copies of one `post`, as two presses of a button make
    them, count once. Without a cache every post is taken: losing an enquiry is
    worse than letting some spam in.
    """
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    network = network_of(address)
    try:
        copy = f"enquiry-post:{network}:{window}:{post}"
        if post and not cache.add(copy, True, WINDOW_SECONDS):
            return 0
        for place in range(POSTS_PER_WINDOW):
            if cache.add(f"enquiry-posts:{network}:{window}:{place}", True, WINDOW_SECONDS):
                return 0
        cache.delete(copy)
    except RedisError as error:
        log.warning("enquiry_limiter_off", error=type(error).__name__)
        return 0
    return math.ceil((window + 1) * WINDOW_SECONDS - now)


def seconds_until_free(counter: str, *, places: int) -> int:
    """Count one use; return 0 while `places` uses in ten minutes aren't exceeded, else the seconds to wait.

    Exact where the cache counts in one step, as Redis does; nearly so elsewhere. Without a cache
    everything is taken.
    """
    now = time.time()
    window = int(now // WINDOW_SECONDS)
    name = f"uses:{counter}:{window}"
    try:
        cache.add(name, 0, 2 * WINDOW_SECONDS)
        used = cache.incr(name)
    except (RedisError, ValueError) as error:
        log.warning("use_limiter_off", error=type(error).__name__)
        return 0
    return 0 if used <= places else math.ceil((window + 1) * WINDOW_SECONDS - now)


def is_first_or_same(name: str, *, holder: str, seconds: int) -> bool:
    """Whether nobody else has taken this name within so many seconds; without a cache everybody may."""
    try:
        return cache.add(f"taken:{name}", holder, seconds) or cache.get(f"taken:{name}", holder) == holder
    except RedisError as error:
        log.warning("use_limiter_off", error=type(error).__name__)
        return True


def network_of(address: str) -> str:
    """Return what one sender can't change at will: the address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return parsed.exploded[:19]
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
