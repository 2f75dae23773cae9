"""What tests of ratings do: hold a session, rate it, and look at what it comes to."""

from typing import Any

from .conftest import ROW, Sandbox
from .lifecycle_steps import begin

AVERAGE = "select p.rating_average, p.rating_count from public.practitioners p where p.id = %s"
CALL = "select * from public.rate_session(stars => %s, words => %s, session_id => %s)"


def complete(sandbox: Sandbox, its: str) -> str:
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", its)
    return its


def held(sandbox: Sandbox, since: float = 120, **other: Any) -> str:
    return complete(sandbox, begin(sandbox, since=since, **other))


def rate(sandbox: Sandbox, its: str, stars: int | None, words: str | None = None, who: str = "client") -> Any:
    sandbox.act_as(who)
    (row,) = sandbox.run(CALL, stars, words, its)
    return row


def rate_some(sandbox: Sandbox, *stars: int, **other: Any) -> list[str]:
    """Sessions one after the other, each rated."""
    sessions = [held(sandbox, since=200 * (n + 1), **other) for n in range(len(stars))]
    for its, given in zip(sessions, stars, strict=True):
        rate(sandbox, its, given, f"Number {given}")
    return sessions


def average(sandbox: Sandbox, practitioner: str = ROW, who: str = "client") -> tuple[Any, Any]:
    """As any page reads it, with the practitioner."""
    sandbox.act_as(who)
    (row,) = sandbox.run(AVERAGE, practitioner)
    return row["rating_average"] and float(row["rating_average"]), row["rating_count"]


def rating_of(sandbox: Sandbox, its: str) -> dict[str, Any]:
    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.session_ratings where session_id = %s", its)
    return row


def broken(sandbox: Sandbox) -> list[Any]:
    sandbox.act_as("owner")
    return sandbox.run("select * from private.broken_invariants where rule like 'ratings are not%%'", *())
