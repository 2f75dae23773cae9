"""The page about a session: whoever has its link sees what cancelling means right now, and cancels."""

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


def status(scene: PageScene) -> str:
    return str(scene.stage.value("select status from public.session_schedules where id = %s", scene.session))


def test_a_look_shows_what_cancelling_means_and_changes_nothing(booked: PageScene) -> None:
    """As scanners look, too: by GET and by HEAD."""
    link = booked.link_to("manage_session")

    page = booked.look(link)
    head = booked.stage.http.head(link)

    assert page.status_code == head.status_code == 200
    assert head.content == b""
    assert "your credit comes back" in page.text
    assert "Cancel this session" in page.text
    assert "no-store" in page.headers["cache-control"]
    assert status(booked) == "scheduled"


def test_the_button_cancels_once(booked: PageScene) -> None:
    """The credit is back, a second press shows the same, and the page has no button any more."""
    link = booked.link_to("manage_session")

    pressed = [booked.press(link, act="cancel", reason="A cold") for _ in range(2)]

    assert [200, 200] == [page.status_code for page in pressed]
    assert all("Your credit is back" in page.text for page in pressed)
    assert status(booked) == "cancelled"
    assert "Cancel this session" not in booked.look(link).text
    assert "This session is cancelled" in booked.look(link).text


def test_a_credit_that_has_ended_is_not_promised(booked: PageScene) -> None:
    """Neither by the page nor by the mail; and one that ends says until when it can be used."""
    link = booked.link_to("manage_session")
    end = (
        "update public.user_session_credits set expires_at = now() + %s::interval"
        " where id = (select credit_lot_id from public.session_schedules where id = %s)"
    )
    booked.stage.execute(end, "400 days", booked.session)
    assert "and can be used until" in booked.look(link).text
    booked.stage.execute(end, "-1 day", booked.session)
    page = booked.look(link)
    assert "no credit comes back" in page.text and "ended meanwhile" in page.text
    assert "your credit comes back" not in page.text

    booked.press(link, act="cancel")
    booked.send()

    text = " ".join(booked.mails_to(booked.client)[-1]["TextBody"].split())
    assert "No credit comes back: the one for it has ended meanwhile." in text
    assert "back in your account" not in text


def test_the_calendar_file_leads_back_to_the_page(booked: PageScene) -> None:
    link = booked.link_to("manage_session")

    file = booked.stage.http.get(f"{link}&file=calendar")

    assert file.headers["content-type"].startswith("text/calendar")
    assert booked.token(link) in file.text.replace("\r\n ", "")


def test_a_link_that_is_unknown_or_over_says_so(booked: PageScene) -> None:
    """In words to a browser, in the one shape to a program."""
    link = booked.link_to("manage_session")
    over = booked.make_link("manage_session", booked.client, booked.session, ends_in="-1 second")

    assert booked.look(f"{link}x").status_code == 404
    assert "This link is not known" in booked.look(f"{link}x").text
    assert booked.look(over).status_code == 410
    assert booked.stage.http.get(over).json()["code"] == "link_ended"


def test_a_link_ends_with_the_address_that_it_was_sent_to(booked: PageScene) -> None:
    """Whoever reads the old address may be a stranger."""
    link = booked.link_to("manage_session")
    booked.stage.execute("update auth.users set email = 'new-' || email where id = %s", booked.client.id)

    assert booked.look(link).status_code == 410
