"""A calendar to subscribe to: one's sessions as they are, for whoever has the address, until it is ended."""

import re
from datetime import timedelta

import pytest
import vobject

from tests.cast import Stage
from tests.page_scene import PageScene


@pytest.fixture
def booked(stage: Stage) -> PageScene:
    """Somebody who has booked, and was mailed."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def make_feed(scene: PageScene) -> str:
    """The address that the page shows once."""
    page = scene.press(scene.link_to("manage_calendars"), press="make").raise_for_status().text
    found = re.search(r'readonly value="([^"]+)"', page)
    assert found
    assert f"webcal://{found[1].partition('://')[2]}" in page
    return found[1]


def test_it_follows_what_is_booked_moved_and_cancelled(booked: PageScene) -> None:
    """Under the ids that the mails' events have, each with an alarm; what is cancelled is gone."""
    address = make_feed(booked)

    first = booked.stage.http.get(address).raise_for_status()
    event = vobject.readOne(first.text).vevent
    booked.move(booked.session)
    moved = vobject.readOne(booked.stage.http.get(address).text).vevent
    booked.cancel(booked.session)
    empty = vobject.readOne(booked.stage.http.get(address).text)

    assert "text/calendar; charset=utf-8" == first.headers["content-type"]
    assert (booked.session, "Standing session with Practitioner") == (event.uid.value, event.summary.value)
    assert -15 * 60 == event.valarm.trigger.value.total_seconds()
    assert moved.dtstart.value > event.dtstart.value and int(moved.sequence.value) > int(event.sequence.value)
    assert not hasattr(empty, "vevent")


def test_it_is_in_the_language_that_its_owner_reads(booked: PageScene) -> None:
    """From the next time that the program asks, though nothing else has changed since."""
    address = make_feed(booked)
    etag = booked.stage.http.get(address).headers["etag"]
    chosen = booked.stage.rest(
        "POST", "rpc/set_language", as_=booked.client, json={"language": "fr-CA"}
    ).raise_for_status()

    french = booked.stage.http.get(address, headers={"if-none-match": etag})
    same = booked.stage.http.get(address, headers={"if-none-match": french.headers["etag"]})

    assert chosen.json() == [{"language": "fr-CA"}]
    calendar = vobject.readOne(french.text)
    assert "Séances de pratique" == calendar.contents["x-wr-calname"][0].value
    event = calendar.vevent
    assert "Séance debout avec Practitioner" == event.summary.value == event.valarm.description.value
    assert "En ligne" == event.location.value and "fr-CA" == french.headers["content-language"]
    assert 304 == same.status_code


def test_who_has_this_version_is_not_sent_it_again(booked: PageScene) -> None:
    address = make_feed(booked)
    etag = booked.stage.http.get(address).headers["etag"]

    same = booked.stage.http.get(address, headers={"if-none-match": etag})
    weak = booked.stage.http.get(address, headers={"if-none-match": f"W/{etag}"})
    booked.cancel(booked.session)
    changed = booked.stage.http.get(address, headers={"if-none-match": etag})

    assert (304, b"") == (same.status_code, same.content) and same.headers["etag"] == etag
    assert 304 == weak.status_code
    assert 200 == changed.status_code and changed.headers["etag"] != etag


def test_a_practitioner_sees_what_they_lead_and_a_class_once(booked: PageScene) -> None:
    """Its seats are not sessions of theirs."""
    group = booked.make_class(scheduled_at=booked.starts_at + timedelta(hours=4))
    booked.stage.join(group, booked.client)
    booked.stage.execute("delete from private.calendar_feeds where user_id = %s", booked.practitioner.id)
    token = booked.make_link("manage_calendars", booked.practitioner, None)
    page = booked.press(token, press="make").text
    found = re.search(r'readonly value="([^"]+)"', page)
    assert found

    events = vobject.readOne(booked.stage.http.get(found[1]).text).vevent_list

    assert {booked.session, str(group["id"])} == {event.uid.value for event in events}


def test_an_ended_address_gives_nothing_and_the_other_goes_on(booked: PageScene) -> None:
    one, other = make_feed(booked), make_feed(booked)
    link = booked.link_to("manage_calendars")
    first = re.findall(r'name="feed_id" value="([^"]+)"', booked.look(link).text)[0]

    booked.press(link, press="end", feed_id=first).raise_for_status()

    assert (404, "link_not_found") == (
        (refused := booked.stage.http.get(one)).status_code,
        refused.json()["code"],
    )
    assert 200 == booked.stage.http.get(other).status_code


def test_erasing_the_account_ends_it(booked: PageScene) -> None:
    address = make_feed(booked)
    booked.cancel(booked.session)
    body = {"confirmation": "ERASE MY ACCOUNT"}
    booked.stage.invoke("erase-my-account", body, as_=booked.client).raise_for_status()

    assert 404 == booked.stage.http.get(address).status_code
