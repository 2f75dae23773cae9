"""Many people at once on the same few calendars: nobody is booked twice, every credit and seat is where it belongs."""

from collections.abc import Callable

from sql.throwaway import Server

from .race import audit, prepare

ATTEMPTS = 1500  # `python -m tests.sql.race 10000` makes more of them


def test_nothing_overlaps_is_lost_or_oversold(
    postgres: Server, record_property: Callable[[str, object], None]
) -> None:
    """Bookings of three lengths, holds, moves, cancellations, seats and cancelled classes, from 24 connections."""
    race = prepare(postgres, "race")

    race.run(ATTEMPTS)

    record_property("attempts a second", round(ATTEMPTS / race.seconds))
    assert {} == race.broken
    assert {} == audit(race)
    # They did get in each other's way, and much was done all the same.
    assert race.count("done") > ATTEMPTS / 5
    assert race.count("slot_taken", "class_full", "already_joined") > ATTEMPTS / 10
