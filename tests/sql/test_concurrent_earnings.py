"""Sessions are held, cancelled and refunded by many at once: nobody waits for ever, and no cent is lost."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server

from .booking_load import outcome_of
from .booking_steps import book, in_hours, make_class, sign
from .conftest import Sandbox
from .earnings_steps import (
    Bought,
    buy,
    cancel,
    complete,
    deliver,
    ledger_violations,
    pay_seat,
    pay_session,
    price_packages,
)

CONNECTIONS, ATTEMPTS = 12, 20
REFUSED = {"session_not_cancellable", "status_moves_forward"}


@pytest.fixture(params=["one", "many"])
def at_a_time(request: pytest.FixtureRequest) -> str:
    """Whether a statement completes one session, or some complete many."""
    return str(request.param)


@pytest.fixture
def sold_sessions(postgres: Server, at_a_time: str) -> tuple[str, list[Bought], list[str]]:
    """A database of its own, in which two people have bought credits and sessions; and all their sessions."""
    url = postgres.build(f"earning_{at_a_time}")
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        sandbox, first = Sandbox(connection), in_hours(60)
        sandbox.run("delete from public.user_session_credits")
        price_packages(sandbox)
        bought, sessions = [], []
        for n, who in enumerate(("client", "other")):
            sign(sandbox, who)
            bought += [buy(sandbox, who=who), buy(sandbox, who=who, currency="usd")]
            times = [first + timedelta(hours=20 * n + hour) for hour in range(12)]
            sessions += [str(book(sandbox, at, who=who)["session_id"]) for at in times[:10]]
            bought += [pay_session(sandbox, at, who=who) for at in times[10:]]
        group_class = make_class(sandbox, first + timedelta(hours=100))
        bought += [pay_seat(sandbox, group_class, who=who) for who in ("client", "other")]
        sessions += [each.session for each in bought if each.session]
        return url, bought, [*sessions, group_class]


def test_concurrent_changes_come_to_the_same_as_consecutive_ones(
    sold_sessions: tuple[str, list[Bought], list[str]], at_a_time: str
) -> None:
    """Completed alone and many in one update, cancelled by an admin, refunded and disputed in growing parts."""
    url, bought, sessions = sold_sessions

    def work(number: int) -> Counter[str]:
        chance, ends = random.Random(number), Counter[str]()
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            sandbox = Sandbox(connection)
            acts: list[Callable[[], object]] = [
                lambda: complete(sandbox, chance.choice(sessions)),
                lambda: complete(sandbox, *chance.sample(sessions, 4 if at_a_time == "many" else 1)),
                lambda: cancel(sandbox, chance.choice(sessions), "admin"),
                lambda: refund(sandbox, chance),
                lambda: dispute(sandbox, chance),
            ]
            for _ in range(ATTEMPTS):
                (act,) = chance.choices(acts, weights=[4, 4, 1, 5, 1])
                within = retried if at_a_time == "many" else once
                ends[outcome_of(lambda act=act, within=within: within(connection, act))] += 1
        return ends

    def refund(sandbox: Sandbox, chance: random.Random) -> None:
        payment = chance.choice(bought).payment
        deliver(sandbox, payment.refunded(chance.randint(1, payment.amount)))

    def dispute(sandbox: Sandbox, chance: random.Random) -> None:
        status = chance.choice(["needs_response", "won", "lost"])
        deliver(sandbox, chance.choice(bought).payment.disputed("updated", status, chance.randint(1, 9)))

    with ThreadPoolExecutor(CONNECTIONS) as many:
        ends: Counter[str] = sum(many.map(work, range(CONNECTIONS)), Counter())

    assert set(ends) <= REFUSED | {"done"}, ends
    assert ends["done"] > CONNECTIONS * ATTEMPTS / 3
    with psycopg.connect(url, row_factory=dict_row) as connection:
        assert [] == ledger_violations(Sandbox(connection))
        # Told once more, nothing is left to post.
        sandbox = Sandbox(connection)
        sandbox.act_as("owner")
        posted = sandbox.one("select count(*) from public.ledger_transactions")
        sandbox.run(
            "select private.settle_checkout(c) from public.checkout_sessions c where c.outcome is not null"
        )
        assert posted == sandbox.one("select count(*) from public.ledger_transactions") > 20


def once(connection: psycopg.Connection[dict[str, object]], act: Callable[[], object]) -> None:
    with connection.transaction():
        act()


def retried(connection: psycopg.Connection[dict[str, object]], act: Callable[[], object]) -> None:
    """Again if need be: two statements that change many rows lock them in whatever order they come upon them."""
    while True:
        try:
            return once(connection, act)
        except psycopg.errors.DeadlockDetected:
            continue
