"""What whoever leads a session does by its link: who booked, running late, who did not come, cancelling."""

import re
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    return PageScene(stage)


def begin(scene: PageScene, minutes: float, **columns: Any) -> str:
    """A session of the scene's that starts so many minutes from now. Gives its practitioner's link."""
    session = scene.stage.session(
        client=scene.client, practitioner=scene.practitioner, starts_in_minutes=minutes, **columns
    )
    scene.session = str(session["id"])
    return scene.make_link("manage_session", scene.practitioner, scene.session)


def begin_class(scene: PageScene, minutes: float, *people: Person) -> str:
    group = scene.stage.group_class(practitioner=scene.practitioner, starts_in_minutes=30)
    scene.seats = {person: scene.stage.join(group, person)["id"] for person in people}
    scene.stage.execute(
        "update public.session_schedules set scheduled_at = now() + make_interval(mins => %s) where id = %s",
        minutes,
        group["id"],
    )
    scene.session = str(group["id"])
    return scene.make_link("manage_session", scene.practitioner, scene.session)


def attendance(scene: PageScene, person: Person) -> Any:
    return scene.stage.owner.execute(
        "select is_no_show, source from public.session_attendance where user_id = %s", (person.id,)
    ).fetchone()


def test_a_delay_is_told_by_mail_and_notification(scene: PageScene) -> None:
    """Once for each press, with the time at which it begins."""
    link = begin(scene, 10)
    assert "Running late?" in scene.look(link).text
    assert scene.states() == [("session_booked", "queued", None)]

    page = scene.press(link, act="delay", minutes=10)
    scene.send()

    assert "told that you are about 10 minutes late" in page.text
    mail = scene.mails_to(scene.client)[-1]
    assert "will be about 10 minutes late" in mail["Subject"]
    told = scene.stage.row(
        "select title, message from public.user_notifications where user_id = %s and kind = 'practitioner_late'",
        scene.client.id,
    )
    assert "begins about 10 minutes late" in told["message"]
    assert not [mail for mail in scene.mails_to(scene.practitioner) if "late" in mail["Subject"]]


def test_everybody_in_a_class_is_told(scene: PageScene) -> None:
    people = [scene.booker(), scene.booker()]
    link = begin_class(scene, 10, *people)
    assert "2 of 12 places are booked" in scene.look(link).text

    scene.press(link, act="delay", minutes=5).raise_for_status()
    scene.send()

    assert all("5 minutes late" in scene.mails_to(person)[-1]["Subject"] for person in people)


@pytest.mark.parametrize(("starts_in", "minutes"), [(61, 5), (-16, 5), (10, 20), (10, 60), (-7, 5), (10, 7)])
def test_a_delay_is_told_only_around_the_start_and_only_a_little(
    scene: PageScene, starts_in: float, minutes: int
) -> None:
    """Longer than the practitioner's grace is no delay: by then the session has been cancelled."""
    link = begin(scene, starts_in)

    refused = scene.press(link, act="delay", minutes=minutes)

    assert refused.status_code == 409 and 'role="alert"' in refused.text
    assert ("Running late?" in scene.look(link).text) == (-15 < starts_in <= 60)
    assert not scene.stage.value(
        "select count(*) from private.outbox where session_id = %s and kind = 'practitioner_late'",
        scene.session,
    )


def test_a_delay_that_is_over_is_not_mailed(scene: PageScene) -> None:
    """A mail about it would come when they are there."""
    scene.press(begin(scene, 10), act="delay", minutes=5).raise_for_status()
    scene.stage.execute(
        "update public.session_schedules set scheduled_at = now() - interval '40 minutes' where id = %s",
        scene.session,
    )
    scene.send()

    assert ("practitioner_late", "dropped", "session_changed") in scene.states()


def test_only_whoever_leads_it_tells_a_delay_or_an_absence(scene: PageScene) -> None:
    begin(scene, -16)
    link = scene.make_link("manage_session", scene.client, scene.session)

    assert scene.press(link, act="delay", minutes=5).status_code == 403
    assert scene.press(link, act="absence", person=scene.client.id).status_code == 403
    assert attendance(scene, scene.client) is None
    page = scene.look(link).text
    assert "Running late" not in page and "Did not come" not in page


def test_who_did_not_come_is_said_after_the_grace(scene: PageScene) -> None:
    """The consequence stands before the button, and the clock then ends the session with the credit used."""
    early = begin(scene, -10)
    assert scene.press(early, act="absence", person=scene.client.id).status_code == 409
    assert "Did not come" not in scene.look(early).text
    scene.stage.execute(
        "update public.session_schedules set scheduled_at = now() - interval '16 minutes' where id = %s",
        scene.session,
    )
    page = scene.look(early).text
    assert "the session ends, and the credit" in page and "is used" in page and "Did not come" in page

    noted = scene.press(early, act="absence", person=scene.client.id)

    assert "It is noted that they did not come" in noted.text
    assert {"is_no_show": True, "source": "manual"} == attendance(scene, scene.client)
    scene.stage.invoke_as_service("advance-sessions").raise_for_status()
    assert "completed" == scene.stage.value(
        "select status from public.session_schedules where id = %s", scene.session
    )
    assert scene.press(early, act="absence", person=scene.client.id).status_code == 409
    assert "This session is over" in scene.look(early).text


def test_of_a_class_each_absence_is_said_by_itself(scene: PageScene) -> None:
    """Names are shown to whoever leads it, as text; and nobody else can be named."""
    absent, present = scene.booker(), scene.booker()
    scene.call(absent, "<b>Ann</b>")
    link = begin_class(scene, -20, absent, present)
    page = scene.look(link).text
    assert "<b>Ann" not in page and page.count('name="person"') == 2

    assert scene.press(link, act="absence", person=absent.id).status_code == 200
    for stranger in (scene.client.id, scene.practitioner.id):
        assert scene.press(link, act="absence", person=stranger).status_code == 404

    assert {"is_no_show": True, "source": "manual"} == attendance(scene, absent)
    assert attendance(scene, present) is None and attendance(scene, scene.practitioner) is None
    assert scene.look(link).text.count('name="person"') == 1


def test_cancelling_says_first_what_it_means(scene: PageScene) -> None:
    """Of a class, for all who booked; by its practitioner even when it has begun."""
    people = [scene.booker(), scene.booker()]
    link = begin_class(scene, -1)
    scene.stage.execute(
        "update public.session_schedules set scheduled_at = now() + interval '1 hour' where id = %s",
        scene.session,
    )
    group = scene.stage.row("select * from public.session_schedules where id = %s", scene.session)
    for person in people:
        seat = scene.stage.rest("POST", "session_schedules", as_=person, json=scene.seat(group, person))
        seat.raise_for_status()
    scene.stage.execute(
        "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s",
        scene.session,
    )
    page = scene.look(link).text
    shown = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "the credits of all 2 who booked come back" in shown and "Cancel this class" in shown

    done = scene.press(link, act="cancel")

    assert "All credits were returned" in done.text
    assert [scene.credits_each] * 2 == [scene.credits_of(person) for person in people]


def test_the_mail_about_a_booking_leads_there(scene: PageScene) -> None:
    scene.book()
    scene.send()

    page = scene.look(scene.link_to("manage_session", scene.practitioner)).text

    assert "Around the start you can say here that you are running late" in page
    assert "Running late, or something came up?" in scene.mails_to(scene.practitioner)[-1]["TextBody"]
