"""The page about calendars: addresses of one's sessions, and a practitioner's other calendars."""

import re

import pytest

from tests.cast import Stage
from tests.page_scene import PageScene


@pytest.fixture
def booked(stage: Stage) -> PageScene:
    """Somebody who has booked, and was mailed, as was whom they booked."""
    scene = PageScene(stage)
    scene.session = scene.book()
    scene.send()
    return scene


def added(scene: PageScene, address: str) -> str:
    """The page after another calendar was given."""
    return scene.press(
        scene.link_to("manage_calendars", scene.practitioner), press="add", address=address
    ).text


def kept(scene: PageScene) -> list[str]:
    rows = scene.stage.owner.execute(
        "select address from private.busy_calendars where practitioner_id = %s order by position",
        (scene.practitioner.practitioner_id,),
    ).fetchall()
    return [row["address"] for row in rows]


def test_the_first_mail_leads_there_and_a_look_makes_nothing(booked: PageScene) -> None:
    link = booked.link_to("manage_calendars")

    page, head = booked.look(link), booked.stage.http.head(link)

    assert (200, 200, b"") == (page.status_code, head.status_code, head.content)
    assert "Make an address" in page.text and "Keep its times free" not in page.text
    assert 0 == booked.stage.value(
        "select count(*) from private.calendar_feeds where user_id = %s", booked.client.id
    )


def test_an_address_is_shown_once_and_five_are_the_most(booked: PageScene) -> None:
    link = booked.link_to("manage_calendars")

    made = [booked.press(link, press="make") for _ in range(6)]
    shown = re.search(r"get-calendar-feed\?token=(\w+)", made[0].text)

    assert shown and shown[1] not in booked.look(link).text
    assert [200] * 5 + [409] == [reply.status_code for reply in made]
    assert "You have five calendar addresses." in made[5].text
    assert not booked.stage.value(
        "select count(*) from private.calendar_feeds f where to_jsonb(f)::text like %s", f"%{shown[1]}%"
    ), "kept as a hash"


def test_a_practitioner_gives_three_calendars_and_takes_one_back(booked: PageScene) -> None:
    """Of an address only the host is shown again."""
    secret = "https://calendar.example.org/private/8d1f3c/basic.ics"
    page = added(booked, secret.replace("https", "WebCal"))
    added(booked, secret)
    for number in (2, 3):
        added(booked, f"https://calendar.example.org/{number}")
    fourth = added(booked, "https://calendar.example.org/4")

    assert "calendar.example.org" in page and "8d1f3c" not in page and "read within a few minutes" in page
    assert [secret, "https://calendar.example.org/2", "https://calendar.example.org/3"] == kept(booked)
    assert "Three calendars are read in." in fourth

    link = booked.link_to("manage_calendars", booked.practitioner)
    first = re.findall(r'name="calendar_id" value="([^"]+)"', booked.look(link).text)[0]
    booked.press(link, press="remove", calendar_id=first).raise_for_status()
    assert 2 == len(kept(booked))


@pytest.mark.parametrize(
    "address",
    [
        *("", "basic.ics", "ftp://calendar.example.org/x", "https://", "https://a b"),
        "https://name:word@calendar.example.org/x",  # what is before the @ would be shown, and mailed
    ],
)
def test_what_is_no_address_is_said_beside_the_field(booked: PageScene, address: str) -> None:
    page = added(booked, address)

    assert "from https:// on" in page and not kept(booked)


def test_nobody_keeps_or_ends_what_is_anothers(booked: PageScene) -> None:
    """By their own link, or signed in; and a client keeps no times free."""
    added(booked, "https://calendar.example.org/1")
    booked.press(booked.link_to("manage_calendars", booked.practitioner), press="make").raise_for_status()
    calendar, feed = (
        booked.stage.value(f"select id from private.{table} order by created_at desc limit 1")
        for table in ("busy_calendars", "calendar_feeds")
    )
    link, stage = booked.link_to("manage_calendars"), booked.stage

    booked.press(link, press="remove", calendar_id=calendar).raise_for_status()
    booked.press(link, press="end", feed_id=feed).raise_for_status()
    refused = booked.press(link, press="add", address="https://calendar.example.org/2")
    signed_in = stage.rest("POST", "rpc/read_calendars", as_=stage.client(), json={})
    nobody = stage.rest("POST", "rpc/read_calendars", json={})

    assert 403 == refused.status_code and ["https://calendar.example.org/1"] == kept(booked)
    assert stage.value("select count(*) from private.calendar_feeds where id = %s", feed)
    assert ([], []) == (signed_in.json()[0]["feeds"], signed_in.json()[0]["busy_calendars"])
    assert 404 == nobody.status_code
