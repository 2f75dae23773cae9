"""Moving by a session's link: to what is offered, while it costs nothing; and from a seat to another class."""

import re
from datetime import timedelta
from typing import Any

import pytest

from tests.cast import Stage
from tests.page_scene import PageScene


@pytest.fixture
def booked(stage: Stage) -> PageScene:
    """Somebody who has booked, and was mailed."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def offered(page: str) -> list[str]:
    """The times of a page's form, or its classes."""
    return re.findall(r'type="radio" name="(?:starts_at|class_id)" value="([^"]+)"', page)


def row(scene: PageScene, session: Any = None) -> dict[str, Any]:
    return scene.stage.row("select * from public.session_schedules where id = %s", session or scene.session)


def link_in(page: str, words: str) -> str:
    found = re.search(rf'href="([^"]+)">{words}', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def test_a_session_moves_to_a_time_that_is_offered(booked: PageScene) -> None:
    """Once; its people are told, and the page shows the new time."""
    link = booked.link_to("manage_session")
    assert "Moving costs nothing until" in booked.look(link).text
    times = booked.look(f"{link}&show=times")
    (_, new_time) = offered(times.text)[:2]
    assert "It costs nothing, and your credit stays with it" in times.text

    pages = [booked.press(f"{link}&show=times", act="move", starts_at=new_time) for _ in range(2)]

    assert [200, 200] == [page.status_code for page in pages]
    assert all("It is moved" in page.text for page in pages)
    assert new_time == row(booked)["scheduled_at"].isoformat()
    assert booked.credits_of(booked.client) == booked.credits_each - 1
    booked.send()
    assert "New time" in booked.mails_to(booked.client)[-1]["Subject"]
    assert "New time" in booked.mails_to(booked.practitioner)[-1]["Subject"]
    assert booked.look(booked.link_to("manage_session")).status_code == 200


def test_every_time_that_is_offered_can_be_had(booked: PageScene) -> None:
    """Half an hour later as well, which the session itself overlaps; not what somebody else has."""
    booked.stage.session(client=booked.booker(), practitioner=booked.practitioner, starts_in_minutes=26 * 60)
    link = booked.link_to("manage_session")
    day = booked.starts_at.date()
    times = offered(booked.look(f"{link}&show=times&day={day}").text)

    assert (booked.starts_at + timedelta(minutes=30)).isoformat() in times
    assert booked.starts_at.isoformat() not in times
    for time in [(booked.starts_at + timedelta(minutes=30)).isoformat(), times[0], times[-1]]:
        assert booked.press(link, act="move", starts_at=time).status_code == 200
        assert time == row(booked)["scheduled_at"].isoformat()


def test_days_follow_each_other_by_links(booked: PageScene) -> None:
    """Back to where one came from, and nothing changes by looking."""
    link = booked.link_to("manage_session")
    first = booked.look(f"{link}&show=times").text

    later = booked.look(link.partition("?")[0] + link_in(first, "Later days")).text
    earlier = booked.look(link.partition("?")[0] + link_in(later, "Earlier days")).text

    assert set(offered(first)).isdisjoint(offered(later))
    assert offered(first)[0] in offered(earlier)
    for day in ("0001-01-01", "9999-12-31", "2026-02-30", "soon"):
        assert booked.look(f"{link}&show=times&day={day}").status_code in (200, 422)
    assert booked.starts_at == row(booked)["scheduled_at"]


@pytest.mark.parametrize("taken", ["slot_taken", "no time at all", "outside"])
def test_a_time_that_is_not_free_is_refused_beside_those_that_are(booked: PageScene, taken: str) -> None:
    """And the session stays where it is."""
    other = booked.starts_at + timedelta(hours=4)
    link = booked.link_to("manage_session")
    if taken == "slot_taken":
        booked.stage.session(
            client=booked.booker(), practitioner=booked.practitioner, scheduled_at=other, duration_minutes=45
        )
    fields = {
        "slot_taken": {"starts_at": other.isoformat()},
        "outside": {"starts_at": (booked.starts_at - timedelta(days=30)).isoformat()},
        "no time at all": {},
    }[taken]

    page = booked.press(link, act="move", **fields)
    program = booked.stage.http.post(link, data={"act": "move", **fields})

    assert page.status_code == program.status_code == (422 if taken == "no time at all" else 409)
    assert 'role="alert"' in page.text and offered(page.text)
    assert {"error", "code", "message", "details", "hint"} == program.json().keys()
    assert booked.starts_at == row(booked)["scheduled_at"]


def test_when_it_is_too_late_the_page_says_so_and_offers_nothing(booked: PageScene) -> None:
    booked.stage.pass_time_until(booked.session, minutes_before=60)
    link = booked.make_link("manage_session", booked.client, booked.session)

    assert "It is too late to move it" in booked.look(link).text
    assert not offered(booked.look(f"{link}&show=times").text)
    late = booked.press(link, act="move", starts_at=(booked.starts_at + timedelta(days=2)).isoformat())
    assert late.status_code == 409
    assert "It is too late to move this session" in late.text


def test_whoever_leads_it_moves_it_with_notice(booked: PageScene) -> None:
    """Within their hours; the client is told, and may leave freely."""
    link = booked.link_to("manage_session", booked.practitioner)
    assert "See your free times" in booked.look(link).text
    times = booked.look(f"{link}&show=times&day={booked.starts_at.date()}").text
    assert 'value="move"' in times and "can leave free of charge until it begins" in times

    page = booked.press(link, act="move", starts_at=offered(times)[-1])

    assert (200, offered(times)[-1]) == (page.status_code, row(booked)["scheduled_at"].isoformat())
    assert "Everybody who booked is told" in page.text
    booked.send()
    assert "answer-change?token=" in booked.mails_to(booked.client)[-1]["TextBody"]


def test_too_close_the_client_is_asked(booked: PageScene) -> None:
    """The page says so before the button, offers what needs a yes as a question, and a move is refused."""
    booked.stage.pass_time_until(booked.session, 60)
    booked.send()
    link = booked.link_to("manage_session", booked.practitioner)
    times = booked.look(f"{link}&show=times").text
    assert 'value="propose"' in times and 'value="move"' not in times
    assert "a yes moves it, and after a no, or no answer, it stays as it is" in times
    before = row(booked)["scheduled_at"]

    refused = booked.press(link, act="move", starts_at=offered(times)[-1])
    pages = [booked.press(link, act="propose", starts_at=offered(times)[-1]) for _ in range(2)]

    assert (409, 'value="propose"' in refused.text) == (refused.status_code, True)
    assert "your client must agree to it" in refused.text
    assert [200, 200] == [page.status_code for page in pages]
    assert "Your client is asked by mail" in pages[0].text and "has not answered yet" in pages[1].text
    assert before == row(booked)["scheduled_at"]
    booked.send()
    asked = [mail for mail in booked.mails_to(booked.client) if mail["Subject"].startswith("Another time?")]
    assert 1 == len(asked)
    assert "You were asked whether you can come" in booked.look(booked.link_to("manage_session")).text


def test_a_practitioner_is_offered_what_they_can_have(booked: PageScene) -> None:
    """Also within the notice that bookings need; each time that is offered is taken, as the page says."""
    booked.stage.pass_time_until(booked.session, 60)
    link = booked.make_link("manage_session", booked.practitioner, booked.session)
    times = offered(booked.look(f"{link}&show=times").text)
    assert times
    for time in (times[0], times[-1]):
        assert booked.press(link, act="propose", starts_at=time).status_code == 200
    client = booked.make_link("manage_session", booked.client, booked.session)
    assert booked.press(client, act="propose", starts_at=times[0]).status_code == 403
    assert booked.press(link, act="propose").status_code == 422


def test_a_class_is_moved_by_whoever_leads_it_and_asks_nobody(stage: Stage) -> None:
    scene = PageScene(stage)
    scene.group = scene.make_class(duration_minutes=45)
    scene.session = str(scene.group["id"])
    link = scene.make_link("manage_session", scene.practitioner, scene.session)
    times = scene.look(f"{link}&show=times").text
    assert offered(times) and 'value="propose"' not in times
    assert scene.press(link, act="propose", starts_at=offered(times)[-1]).status_code == 409

    scene.press(link, act="move", starts_at=offered(times)[-1]).raise_for_status()

    assert offered(times)[-1] == row(scene)["scheduled_at"].isoformat()


@pytest.fixture
def seated(stage: Stage) -> PageScene:
    """Somebody with a seat in a class, and a mail about it."""
    scene = PageScene(stage)
    scene.group = scene.make_class(duration_minutes=45, class_name="Evening <b>circle</b>")
    seat = stage.rest(
        "POST", "session_schedules", as_=scene.client, json=scene.seat(scene.group, scene.client)
    )
    scene.session = seat.raise_for_status().json()[0]["id"]
    scene.send()
    return scene


def test_a_seat_is_left_for_one_in_another_class(seated: PageScene) -> None:
    """Both or neither; the credit of the first pays for the second."""
    full = seated.make_class(
        duration_minutes=45, scheduled_at=seated.starts_at + timedelta(hours=3), max_participants=2
    )
    for person in (seated.booker(), seated.booker()):
        seat = seated.stage.rest("POST", "session_schedules", as_=person, json=seated.seat(full, person))
        seat.raise_for_status()
    short = seated.make_class(duration_minutes=30, scheduled_at=seated.starts_at + timedelta(hours=5))
    free = seated.make_class(duration_minutes=45, scheduled_at=seated.starts_at + timedelta(days=1))
    link = seated.link_to("manage_session")
    page = seated.look(link).text
    assert "You can leave this class and join another one" in page and "<b>circle" not in page

    times = seated.look(f"{link}&show=times").text
    assert str(free["id"]) in offered(times)
    assert not {str(full["id"]), str(short["id"]), str(seated.group["id"])} & set(offered(times))
    refused = seated.press(f"{link}&show=times", act="move", class_id=full["id"])
    assert (409, "scheduled") == (refused.status_code, row(seated)["status"])
    assert "This class is full" in refused.text
    joined = seated.press(f"{link}&show=times", act="move", class_id=free["id"])

    assert "You have left the other class and joined this one" in joined.text
    assert "Cancel this" not in joined.text and "Leave this" not in joined.text
    assert row(seated)["status"] == "cancelled"
    assert seated.credits_of(seated.client) == seated.credits_each - 1
    seated.send()
    new = seated.look(seated.link_to("manage_session")).text
    assert "You can leave this class" in new


def test_a_seat_does_not_change_when_it_is_too_late(seated: PageScene) -> None:
    seated.stage.pass_time_until(seated.group["id"], minutes_before=60)
    other = seated.make_class(duration_minutes=45, scheduled_at=seated.starts_at + timedelta(days=1))
    link = seated.make_link("manage_session", seated.client, seated.session)

    refused = seated.press(link, act="move", class_id=other["id"])

    assert (409, "scheduled") == (refused.status_code, row(seated)["status"])
    assert "too late to change to another class" in seated.look(link).text
