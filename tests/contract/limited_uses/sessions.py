"""Sessions, classes and their series: booked, moved, led, rated."""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.page_scene import PageScene
from tests.story_scene import hold

from .use import Use, of_address, of_caller


def later(body: dict[str, Any]) -> dict[str, Any]:
    """The same, at another time."""
    at = datetime.fromisoformat(body["scheduled_at"]) + timedelta(hours=3)
    return {**body, "scheduled_at": at.isoformat()}


def use_book_session_with_credit(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = booking.from_booking_page()
    yield of_caller(stage, "book-session-with-credit", "bookings", booking.client, body, later(body))


def use_reschedule_session(stage: Stage) -> Iterator[Use]:
    booking = BookingScene(stage)
    body = {"session_id": booking.book(), "scheduled_at": booking.starts_at.isoformat()}
    yield of_caller(
        stage, "reschedule-session", "times moved", booking.client, later(body), later(later(body))
    )


def use_create_action_recommendation(stage: Stage) -> Iterator[Use]:
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner)
    body = {"client_id": str(client.id), "title": "Breathe", "action_type": "mindfulness"}
    yield of_caller(stage, "create-action-recommendation", "rows written", practitioner, body)


def use_choose_place(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    studios = "insert into public.studio_locations (name, address) values ('Room', 'Street') returning id"
    places = [stage.value(studios), "online"]
    link = scene.make_link("choose_place", scene.client, scene.book())
    yield Use("places chosen", scene.client.id, lambda n: scene.press(link, place=places[n % 2]))


def use_rate_session(stage: Stage) -> Iterator[Use]:
    scene = PageScene(stage)
    session = scene.book()
    hold(stage, session)
    link = scene.make_link("rate_session", scene.client, session)
    yield Use("sessions rated", scene.client.id, lambda n: scene.press(link, stars=1 + n % 5))


def use_manage_session(stage: Stage) -> Iterator[Use]:
    """Cancelling happens once. What is told to others is limited by whom or what it is about."""
    scene = PageScene(stage)
    link = scene.make_link("manage_session", scene.client, scene.book())
    moved = [(scene.starts_at + timedelta(hours=hours)).isoformat() for hours in (2, 4)]
    yield Use("times moved", scene.client.id, lambda n: scene.press(link, act="move", starts_at=moved[n % 2]))
    near = scene.stage.session(client=scene.client, practitioner=scene.practitioner, starts_in_minutes=5)
    leads = scene.make_link("manage_session", scene.practitioner, str(near["id"]))
    yield Use("delays of a session", near["id"], lambda _: scene.press(leads, act="delay", minutes=5))

    def ask(n: int) -> httpx.Response:
        """About another session each time: the same one is asked about once."""
        session = scene.stage.session(
            client=scene.client, practitioner=scene.practitioner, starts_in_minutes=10000 + 60 * n
        )
        return scene.press(
            scene.make_link("manage_session", scene.practitioner, str(session["id"])), act="substitute"
        )

    yield Use("substitutes wanted", scene.practitioner.id, ask)


def use_book_series(stage: Stage) -> Iterator[Use]:
    """What is looked at, and what is booked; the second time as often as one likes, by its key."""
    scene = PageScene(stage)
    stage.execute("select private.grant_credits(%s, 50)", scene.client.id)
    link = scene.make_link("book_series", scene.client, None)
    kind = stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )

    def press(act: str, n: int) -> httpx.Response:
        at = scene.starts_at + timedelta(days=n // 16, minutes=60 * (n % 16))
        asked = {
            "practitioner": scene.practitioner.practitioner_id,
            "kind": kind,
            "start": f"{at:%Y-%m-%dT%H:%M}",
        }
        return scene.press(link, act=act, sessions=1, **asked)

    yield Use("series quoted", scene.client.id, lambda n: press("plan", n))
    yield Use("series", scene.client.id, lambda n: press("book", n))


def use_manage_series(stage: Stage) -> Iterator[Use]:
    """Moved there and back."""
    scene = PageScene(stage)
    kind = stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )
    body = {
        "practitioner_id": str(scene.practitioner.practitioner_id),
        "session_type_id": str(kind),
        "first_date": f"{scene.starts_at:%Y-%m-%d}",
        "at_time": "10:00",
        "sessions": 1,
    }
    (plan,) = (
        stage.rest("POST", "rpc/book_session_series", as_=scene.client, json=body).raise_for_status().json()
    )
    (date,) = plan["dates"]
    link = scene.make_link("manage_series", scene.client, plan["series_id"])
    moved = [datetime.fromisoformat(date["starts_at"]) + timedelta(hours=hours) for hours in (2, 4)]

    def press(act: str, n: int) -> httpx.Response:
        return scene.press(link, act=act, session=date["session_id"], starts_at=moved[n % 2].isoformat())

    yield Use("series quoted", scene.client.id, lambda n: press("plan", n))
    yield Use("series changed", scene.client.id, lambda n: press("move", n))


def use_find_my_sessions(stage: Stage) -> Iterator[Use]:
    """By who asks, by the address that they type, and all of them together; of known and unknown ones alike."""
    scene = PageScene(stage)
    page = scene.address("find_my_sessions")
    yield of_address("session link requests", lambda n: scene.press(page, address=f"{n}@nobody.test"))
    stage.execute("delete from private.rate_uses where rule = 'session link requests'")
    for typed in (scene.client.email, "nobody@nobody.test"):
        counted = hashlib.sha256(typed.encode()).hexdigest()
        yield Use(
            "session links to an address",
            counted,
            lambda n, typed=typed: scene.press(page, address=f" {typed.upper()}" if n else typed),  # type: ignore[misc]
        )
    yield Use("session links in all", "all", lambda n: scene.press(page, address=f"all{n}@nobody.test"))


def use_find_classes(stage: Stage) -> Iterator[Use]:
    """Without a link as above; by a link, lists joined and left, and seats taken."""
    scene = PageScene(stage)
    page = scene.address("find_classes")
    yield of_address("session link requests", lambda n: scene.press(page, address=f"c{n}@nobody.test"))
    group = stage.group_class(practitioner=scene.practitioner, starts_in_minutes=6000)
    link = f"{scene.make_link('find_classes', scene.client, None)}&class_id={group['id']}"
    yield Use("waiting lists", scene.client.id, lambda _: scene.press(link, act="leave"))
    yield Use("seats by link", scene.client.id, lambda _: scene.press(link, act="take"))
