"""The page about a session's place: what nobody said is online, and its client is asked."""

from typing import Any

import pytest

from tests.cast import Stage
from tests.page_scene import PageScene

from .test_sign_waiver import Paid


@pytest.fixture
def studio(stage: Stage) -> dict[str, Any]:
    """One on the map."""
    return stage.row(
        """insert into public.studio_locations (name, address, city, latitude, longitude)
           values ('Room <b>One</b>', '1 Front Street', 'Toronto', 43.6, -79.4) returning *"""
    )


@pytest.fixture
def paid(stage: Stage, studio: dict[str, Any]) -> Paid:
    """Somebody who paid on the unmodified checkout page, which sends no place."""
    scene = Paid(stage)
    scene.send()
    return scene


def row(scene: PageScene) -> dict[str, Any]:
    return scene.stage.row("select * from public.session_schedules where id = %s", scene.session)


def test_the_mail_says_what_is_booked_and_asks(paid: Paid, studio: dict[str, Any]) -> None:
    """In so many words; the page names the studios and until when, and a look changes nothing."""
    booked = next(mail for mail in paid.mails_to(paid.client) if mail["Subject"].startswith("Booked"))
    page = paid.look(paid.link_to("choose_place"))

    assert "What is booked is an online session, by video. Online, or at a studio?" in " ".join(
        booked["TextBody"].split()
    )
    assert "an online session, by video" in page.text
    assert "Room &lt;b&gt;One&lt;/b&gt;" in page.text and str(studio["id"]) in page.text
    assert "You can choose until" in page.text
    assert (row(paid)["session_location"], row(paid)["place_said_at"]) == ("online", None)


def test_choosing_a_studio_changes_the_session_and_its_calendar_entry(
    paid: Paid, studio: dict[str, Any]
) -> None:
    """As if it had been booked there. A second press changes nothing more."""
    before, link = row(paid), paid.link_to("choose_place")

    pages = [paid.press(link, place=str(studio["id"])) for _ in range(2)]

    assert [page.status_code for page in pages] == [200, 200] and "It is at a studio" in pages[1].text
    after = row(paid)
    assert (after["session_location"], after["location_coordinates"]) == ("in_person", "(-79.4,43.6)")
    assert after["studio_id"] == studio["id"]
    assert after["calendar_sequence"] == before["calendar_sequence"] + 1
    kind = "select location_kind from private.practitioner_time where session_id = %s"
    assert paid.stage.value(kind, paid.session) == "in_person"


def test_online_is_an_answer_and_is_not_asked_again(paid: Paid) -> None:
    """Nothing changes but that it was said."""
    before = row(paid)

    page = paid.press(paid.link_to("choose_place"), place="online")

    assert "It is an online session, by video" in page.text
    after = row(paid)
    assert after["place_said_at"] and after["calendar_sequence"] == before["calendar_sequence"]
    paid.move(paid.session)
    paid.send()
    assert "choose-place" not in paid.mails_to(paid.client)[-1]["TextBody"]


def test_choosing_asks_what_booking_there_asks(paid: Paid, studio: dict[str, Any]) -> None:
    """The practitioner does not work at this time any more: it stays online. Its own time does not stand in its way."""
    paid.stage.execute(
        "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
        " select %s, extract(dow from now() + make_interval(days => d)), '03:00', '03:30' from generate_series(0, 6) d",
        paid.practitioner.practitioner_id,
    )

    page = paid.press(paid.link_to("choose_place"), place=str(studio["id"]))

    assert page.status_code == 409 and "does not work at this time" in page.text
    assert row(paid)["session_location"] == "online"


def test_it_is_chosen_until_the_notice_and_anew_until_free_cancelling_ends(
    paid: Paid, studio: dict[str, Any]
) -> None:
    """The page says so, with the moment, and takes no more."""
    link, calendar = (
        paid.link_to("choose_place"),
        "update public.practitioner_calendars set minimum_notice_minutes = %s",
    )
    paid.stage.execute(
        f"{calendar} where practitioner_id = %s", 6 * 24 * 60, paid.practitioner.practitioner_id
    )
    late = paid.press(link, place=str(studio["id"]))
    paid.stage.execute(f"{calendar} where practitioner_id = %s", 0, paid.practitioner.practitioner_id)
    paid.press(link, place=str(studio["id"])).raise_for_status()
    paid.stage.execute(
        "update public.session_schedules set scheduled_at = now() + interval '2 hours' where id = %s",
        paid.session,
    )
    again = paid.press(link, place="online")

    assert (late.status_code, again.status_code) == (409, 409)
    assert "can no longer be chosen" in again.text
    assert "Choose this place" not in paid.look(link).text
    assert row(paid)["session_location"] == "in_person"


@pytest.mark.parametrize("place", ["nowhere", "5a1e0000-0000-4000-8000-00000000dead"])
def test_a_place_that_is_none_is_refused(paid: Paid, place: str) -> None:
    page = paid.press(paid.link_to("choose_place"), place=place)

    assert page.status_code in (404, 422) and row(paid)["place_said_at"] is None


def test_who_said_a_place_is_not_asked(stage: Stage, studio: dict[str, Any]) -> None:
    """As the booking page does, for online as well; and nobody is where there is no studio."""
    said, unsaid = PageScene(stage), Paid(stage)
    said.book()
    stage.execute("update public.studio_locations set is_active = false")
    unsaid.send()

    assert "choose-place" not in said.mails_to(said.client)[0]["TextBody"]
    assert all("choose-place" not in mail["TextBody"] for mail in unsaid.mails_to(unsaid.client))
