"""A practitioner who cannot lead a session says so, and an admin finds somebody else: each by the link in a mail."""

import re
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.page_scene import PageScene

from .test_answer_change import row


@pytest.fixture
def wanted(stage: Stage) -> PageScene:
    """A session whose practitioner asked for a substitute, and the admin who was told."""
    stage.execute("delete from public.user_roles where role = 'admin'")
    scene = PageScene(stage)
    scene.admin, scene.free, scene.other = stage.admin(), stage.practitioner(), stage.practitioner()
    for person, name in ((scene.free, "Free <b>One</b>"), (scene.other, "Another")):
        stage.execute("update public.practitioners set name = %s where id = %s", name, person.practitioner_id)
    scene.session = scene.book()
    scene.send()
    scene.press(scene.link_to("manage_session", scene.practitioner), act="substitute").raise_for_status()
    scene.send()
    return scene


def candidates(page: str) -> set[str]:
    return set(re.findall(r'type="checkbox" name="practitioner" value="([^"]+)"', page))


def wishes(scene: PageScene) -> Any:
    return scene.stage.value(
        "select count(*) from private.outbox where session_id = %s and kind = 'substitute_wanted'",
        scene.session,
    )


def test_the_admins_are_told_once(wanted: PageScene) -> None:
    """A second press finds the first; whoever booked hears nothing."""
    link = wanted.link_to("manage_session", wanted.practitioner)
    again = wanted.press(link, act="substitute")
    seen = wanted.look(link).text
    wanted.send()

    assert (200, 1) == (again.status_code, wishes(wanted))
    assert "You asked for a substitute on" in seen and "Ask for a substitute" not in seen
    (mail,) = [
        each for each in wanted.mails_to(wanted.admin) if each["Subject"].startswith("Substitute wanted")
    ]
    assert "/find-substitute?token=" in mail["TextBody"]
    assert not [each for each in wanted.mails_to(wanted.client) if "ubstitute" in each["TextBody"]]
    assert wanted.practitioner.practitioner_id == row(wanted)["practitioner_id"]
    told = wanted.stage.row(
        "select title, message from public.user_notifications where user_id = %s and kind = 'substitute_wanted'",
        wanted.admin.id,
    )
    assert "cannot lead the session on" in told["message"]


def test_not_every_admin_of_many_is_told(stage: Stage) -> None:
    scene = PageScene(stage)
    for _ in range(22):
        stage.admin()
    scene.session = scene.book()
    link = scene.make_link("manage_session", scene.practitioner, scene.session)

    scene.press(link, act="substitute").raise_for_status()

    assert 20 == wishes(scene)


def test_only_who_leads_it_asks_and_not_once_it_has_begun(wanted: PageScene) -> None:
    scene = PageScene(wanted.stage)
    scene.session = scene.book()
    client = scene.make_link("manage_session", scene.client, scene.session)
    assert 403 == scene.press(client, act="substitute").status_code
    link = scene.make_link("manage_session", scene.practitioner, scene.session)
    scene.stage.pass_time_until(scene.session, -1)
    assert 409 == scene.press(link, act="substitute").status_code
    assert 0 == wishes(scene)


def test_the_page_shows_who_is_free(wanted: PageScene) -> None:
    """And not who is busy, paused, or leads it already; names as plain text."""
    stage = wanted.stage
    busy, paused = stage.practitioner(), stage.practitioner()
    stage.session(
        client=wanted.booker(), practitioner=busy, scheduled_at=wanted.starts_at, duration_minutes=45
    )
    stage.execute("update public.practitioners set available = false where id = %s", paused.practitioner_id)

    page = wanted.look(wanted.link_to("find_substitute", wanted.admin)).text

    found = candidates(page)
    assert {str(wanted.free.practitioner_id), str(wanted.other.practitioner_id)} <= found
    assert not {str(each.practitioner_id) for each in (busy, paused, wanted.practitioner)} & found
    assert "Free &lt;b&gt;One" in page and "<b>One" not in page
    assert "busy, paused, or without a contract" in page


def test_it_is_given_to_one_at_once(wanted: PageScene) -> None:
    """Twice is once; the page then names them, and the mails go out."""
    link = wanted.link_to("find_substitute", wanted.admin)

    pages = [wanted.press(link, act="give", practitioner=wanted.free.practitioner_id) for _ in range(2)]

    assert [200, 200] == [page.status_code for page in pages]
    assert all("leads it now" in page.text for page in pages)
    assert wanted.free.practitioner_id == row(wanted)["practitioner_id"]
    wanted.send()
    assert "Yours to lead" in wanted.mails_to(wanted.free)[-1]["Subject"]
    assert "Not yours any more" in wanted.mails_to(wanted.practitioner)[-1]["Subject"]
    told = wanted.mails_to(wanted.client)[-1]["TextBody"]
    assert "leads your session instead of" in " ".join(told.split()) and "/answer-change?token=" in told


def test_outside_their_hours_somebody_must_have_agreed(wanted: PageScene) -> None:
    # Of very many the page shows those who work then: here they are the only ones.
    ours = [each.practitioner_id for each in (wanted.practitioner, wanted.free, wanted.other)]
    wanted.stage.execute("update public.practitioners set available = false where id <> all (%s)", ours)
    wanted.stage.execute(
        "insert into public.availability_exceptions (practitioner_id, on_date, is_open)"
        " select %s, current_date + n, false from generate_series(0, 6) n",
        wanted.free.practitioner_id,
    )
    link = wanted.link_to("find_substitute", wanted.admin)
    assert "outside their hours" in wanted.look(link).text

    refused = wanted.press(link, act="give", practitioner=wanted.free.practitioner_id)
    assert (409, True) == (refused.status_code, "does not work at this time" in refused.text)
    agreed = wanted.press(link, act="give", practitioner=wanted.free.practitioner_id, outside_hours="true")
    assert (200, wanted.free.practitioner_id) == (agreed.status_code, row(wanted)["practitioner_id"])


@pytest.mark.parametrize("many", [1, 2])
def test_one_or_several_are_asked_until_a_moment(wanted: PageScene, many: int) -> None:
    """The page shows who was asked and what they said; who has it leads it."""
    link = wanted.link_to("find_substitute", wanted.admin)
    people = [wanted.free, wanted.other][:many]

    page = wanted.press(link, act="ask", practitioner=[str(p.practitioner_id) for p in people], hours="2")

    assert page.status_code == 200 and page.text.count("no answer yet, until") == many
    until = wanted.stage.value(
        "select max(answer_until) - now() from private.session_offers where session_id = %s", wanted.session
    )
    assert 1.9 < until.total_seconds() / 3600 <= 2
    assert not {str(p.practitioner_id) for p in people} & candidates(wanted.look(link).text)
    wanted.send()
    yes = {"session_id": wanted.session, "accepts": True}
    wanted.stage.rest("POST", "rpc/answer_session_offer", as_=wanted.free, json=yes).raise_for_status()
    later = wanted.look(link).text
    assert "said yes" in later and later.count("was too late") == many - 1
    assert wanted.free.practitioner_id == row(wanted)["practitioner_id"]


def test_when_nobody_says_yes_the_admin_looks_again(wanted: PageScene) -> None:
    """By the link in that mail."""
    link = wanted.link_to("find_substitute", wanted.admin)
    wanted.press(link, act="ask", practitioner=str(wanted.free.practitioner_id)).raise_for_status()
    no = {"session_id": wanted.session, "accepts": False}
    wanted.stage.rest("POST", "rpc/answer_session_offer", as_=wanted.free, json=no).raise_for_status()
    wanted.send()

    mail = wanted.mails_to(wanted.admin)[-1]
    assert mail["Subject"].startswith("Nobody took it")
    assert "said no" in wanted.look(wanted.link_to("find_substitute", wanted.admin)).text


def test_what_makes_no_sense_is_refused_in_a_sentence(wanted: PageScene) -> None:
    link = wanted.link_to("find_substitute", wanted.admin)
    free = str(wanted.free.practitioner_id)
    for fields, status_code in (
        ({"act": "give"}, 422),
        ({"act": "ask"}, 422),
        ({"act": "ask", "practitioner": [free] * 201}, 422),
        ({"act": "ask", "practitioner": free, "hours": "0"}, 422),
        ({"act": "give", "practitioner": "nobody"}, 422),
        ({"act": "give", "practitioner": str(wanted.practitioner.id)}, 404),
        ({"act": "sell", "practitioner": free}, 422),
    ):
        assert wanted.press(link, **fields).status_code == status_code, fields
    assert not wanted.stage.owner.execute(
        "select from private.session_offers where session_id = %s", [wanted.session]
    ).fetchall()
    wanted.stage.pass_time_until(wanted.session, -1)
    late = wanted.press(link, act="give", practitioner=free)
    assert (409, True) == (late.status_code, "nobody else can lead it any more" in late.text)


def test_whoever_is_no_admin_any_more_opens_nothing(wanted: PageScene) -> None:
    link = wanted.link_to("find_substitute", wanted.admin)
    made = [
        wanted.make_link("find_substitute", person, wanted.session)
        for person in (wanted.practitioner, wanted.client)
    ]
    wanted.stage.execute("delete from public.user_roles where user_id = %s", wanted.admin.id)

    for each in (link, *made):
        give: dict[str, Person | str] = {"act": "give", "practitioner": str(wanted.free.practitioner_id)}
        for reply in (wanted.look(each), wanted.press(each, **give)):
            assert reply.status_code == 410
    assert wanted.practitioner.practitioner_id == row(wanted)["practitioner_id"]
