"""What a check says: a line for each thing that is wrong, or that it did not look at something, and why."""

from collections.abc import Mapping

import httpx

Environment = Mapping[str, str]


class NotLookedAt(str):
    """No finding and no all-clear: what would have to be set for it to be looked at."""

    __slots__ = ()


def get(url: str, key: str) -> httpx.Response:
    """Ask the project with one of its keys what supabase-py has no words for."""
    return httpx.get(url, headers={"apikey": key}, timeout=10)
