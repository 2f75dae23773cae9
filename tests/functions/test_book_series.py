"""The page on which a package becomes a session every week: by the link in its mail, date by date, in one step."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import vobject

from tests.cast import Person, Stage
from tests.payment_scene import PaymentScene, pay_on
from tests.recording_scene import until
from tests.story_scene import StoryScene, words


@pytest.fixture
def story(stage: Stage) -> StoryScene:
    return StoryScene(stage)


def buy_package(story: StoryScene) -> None:
    """On the checkout page, paid on Stripe's: five credits of 45 minutes, one to one."""
    paying = PaymentScene(story.stage)
    paying.client, paying.practitioner = story.client, story.practitioner
    opened = paying.pay(paying.from_wallet()).raise_for_status().json()
    had = story.credits_of(story.client)
    pay_on(opened["url"])
    until(lambda: story.credits_of(story.client) > had, "the credits")


def form_of(page: str, button: str) -> dict[str, Any]:
    """What a form holds when a browser sends it as it is: hidden fields, what is selected, the first radio."""
    (form,) = [
        each
        for each in re.findall(r"<form\b.*?</form>", page, re.DOTALL)
        if re.search(rf"<button[^>]*>{button}", each)
    ]
    fields: dict[str, Any] = {}
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(unescape(value))
    for name, options in re.findall(r'<select name="(\w+)">(.*?)</select>', form, re.DOTALL):
        values = re.findall(r'<option value="([^"]*)"( selected)?', options)
        fields.setdefault(name, []).append(next((value for value, chosen in values if chosen), values[0][0]))
    return fields


def plan(story: StoryScene, link: str, **fields: Any) -> str:
    """The page of dates, for three weeks at a time of its list: the wanted one."""
    page = story.look(link).raise_for_status().text
    asked = form_of(page, "See each date")
    start = (story.starts_at + timedelta(days=7)).astimezone(UTC)
    asked |= {"start": [local_start(story, start)], "sessions": ["3"]} | {k: [v] for k, v in fields.items()}
    return story.press(link, **asked).raise_for_status().text


def local_start(story: StoryScene, at: datetime) -> str:
    zone = "select time_zone from public.practitioner_calendars where practitioner_id = %s"
    local = at.astimezone(ZoneInfo(str(story.stage.value(zone, story.practitioner.practitioner_id))))
    return f"{local:%Y-%m-%dT%H:%M}"


def book_three(story: StoryScene) -> list[dict[str, Any]]:
    """By the link in the mail about credits. Gives the sessions, first first."""
    story.hear(story.client)
    link = story.link_to("book_series")
    page = plan(story, link, practitioner=story.practitioner.practitioner_id)
    done = story.press(link, **form_of(page, "Book all 3")).raise_for_status().text
    assert "3 sessions are booked" in words(done)
    return sessions(story)


def sessions(story: StoryScene, person: Person | None = None) -> list[dict[str, Any]]:
    return story.stage.owner.execute(
        "select s.* from public.session_series_sessions l join public.session_schedules s on s.id = l.session_id"
        " where s.client_id = %s order by s.scheduled_at",
        ((person or story.client).id,),
    ).fetchall()


def events(mail: dict[str, Any]) -> list[Any]:
    """All entries of the mail's one calendar file."""
    shown, file = mail["Attachments"]
    assert shown["Content"] == file["Content"] and "method=PUBLISH" in shown["ContentType"]
    return list(vobject.readOne(base64.b64decode(file["Content"]).decode()).vevent_list)


def test_a_package_becomes_a_session_every_week_by_its_mail(story: StoryScene) -> None:
    """Bought; booked with two conflicts named and one left out; told in one mail, with one calendar file."""
    buy_package(story)
    assert "payment_received" in story.hear(story.client)
    link = story.link_to("book_series")
    had = story.credits_of(story.client)
    first = story.starts_at + timedelta(days=7)
    for week in (1, 2):
        story.stage.session(
            client=story.booker(),
            practitioner=story.practitioner,
            scheduled_at=first + timedelta(weeks=week),
            duration_minutes=45,
        )
    story.hear(story.practitioner)

    page = plan(story, link, practitioner=story.practitioner.practitioner_id, sessions="4")

    assert "2 of these 4 can be booked as they are" in words(page) and "This time is taken." in page
    fields = form_of(page, "Book these")
    assert len(fields["instead"]) == 2 and all(each.endswith("=") for each in fields["instead"])
    near = re.findall(r'<option value="([\d-]+=[^"]+)"', page)
    fields["instead"][0] = unescape(near[0])
    assert sessions(story) == [] and story.credits_of(story.client) == had

    done = story.press(link, **fields).raise_for_status().text
    again = story.press(link, **fields).raise_for_status().text

    assert "3 sessions are booked" in words(done) and "3 sessions are booked" in words(again)
    booked = sessions(story)
    assert [first, datetime.fromisoformat(near[0].partition("=")[2]), first + timedelta(weeks=3)] == [
        each["scheduled_at"] for each in booked
    ]
    assert story.credits_of(story.client) == had - 3
    assert (story.hear(story.client), story.hear(story.practitioner)) == (
        ["series_booked"],
        ["series_booked"],
    )
    for person in (story.client, story.practitioner):
        mail = story.mails_to(person)[-1]
        assert [str(each["id"]) for each in booked] == [event.uid.value for event in events(mail)]
        assert "3 sessions" in mail["Subject"] and "book-series" not in mail["TextBody"]
    # Each is the client's own, as the pages list them.
    assert {str(each["id"]) for each in booked} <= {
        row["id"]
        for row in story.read(f"session_schedules?select=id&client_id=eq.{story.client.id}", story.client)
    }
    linked = story.read("session_series?select=id,sessions,session_series_sessions(session_id)", story.client)
    assert 3 == len(linked[0]["session_series_sessions"])


def test_without_credits_or_waiver_the_page_says_what_is_missing(story: StoryScene, stage: Stage) -> None:
    unsigned = stage.client()
    stage.execute("select private.grant_credits(%s, 3)", unsigned.id)
    link = story.make_link("book_series", unsigned, None)
    page = plan(story, link, practitioner=story.practitioner.practitioner_id)
    assert "You have not signed the current waiver" in words(page)
    waiver = re.search(r'href="([^"]+sign-waiver[^"]+)"', page)
    assert waiver and story.look(unescape(waiver[1])).status_code == 200
    refused = story.press(link, **form_of(page, "Book all 3"))
    assert refused.status_code == 409 and "Please sign the current liability waiver" in words(refused.text)
    assert sessions(story, unsigned) == []
    nobody = stage.client()
    empty = story.look(story.make_link("book_series", nobody, None))
    assert "You have no credits for one-to-one sessions" in words(empty.text)


@pytest.fixture
def many(story: StoryScene) -> Iterator[list[str]]:
    """More practitioners than a page lists; of the last one, Émilie, nobody knows the place among them."""
    names = [f"Somebody {number:03}" for number in range(1, 121)] + ["Émilie Æ. Zzz"]
    rows = story.stage.owner.execute(
        "with people as (insert into auth.users (id) select gen_random_uuid() from unnest(%s::text[]) returning id)"
        " insert into public.practitioners (user_id, name)"
        " select id, (%s::text[])[row_number() over ()] from people returning id, name",
        (names, names),
    ).fetchall()
    yield [str(row["id"]) for row in sorted(rows, key=lambda row: names.index(row["name"]))]
    story.stage.execute(
        "update public.practitioners set available = false where id = any (%s)", [row["id"] for row in rows]
    )


@pytest.mark.parametrize("language", ["en", "fr-CA"])
def test_the_hundred_and_first_practitioner_is_found_and_booked(
    story: StoryScene, many: list[str], language: str
) -> None:
    """By their name, without a script, in both languages; and by looking through all pages."""
    story.stage.execute("select private.grant_credits(%s, 3)", story.client.id)
    story.rpc("set_language", story.client, language=language)
    link = story.make_link("book_series", story.client, None)
    page = story.look(link).raise_for_status().text
    listed = re.findall(r'<option value="([0-9a-f-]{36})"', page)
    assert many[-1] not in page and len(listed) < 80
    search = "Find somebody by their name" if language == "en" else "Chercher quelqu’un par son nom"
    more = "More names" if language == "en" else "Autres noms"
    assert search in words(page)

    found = story.look(f"{link}&find=EMILIE").raise_for_status().text
    assert f'<option value="{many[-1]}" selected' in found and more not in found
    assert 'value="EMILIE"' in found  # as it was typed, for whoever mistyped it
    seen: set[str] = set()
    for _ in range(story.stage.value("select count(*) / 50 + 1 from public.practitioners")):
        seen |= set(re.findall(r'<option value="([0-9a-f-]{36})"', page))
        forth = re.search(rf'<a class="button quiet" href="(\?[^"]+)">{more}<', page)
        if not forth:
            break
        page = story.look(str(httpx.URL(link).join(unescape(forth[1])))).raise_for_status().text
    assert set(many) <= seen

    nobody = story.look(f"{link}&find=%3Cb%3Enobody").raise_for_status().text
    assert "&lt;b&gt;nobody" in nobody and "<b>nobody" not in nobody and 'name="start"' not in nobody
    assert 422 == story.look(f"{link}&find={'x' * 101}").status_code
    assert story.look(f"{link}&page=900").status_code == 200

    booked = story.press(
        link,
        act="book",
        practitioner=many[-1],
        kind=form_of(found, "See each date|Voir chaque date")["kind"],
        start=re.findall(r'name="start" value="([^"]+)"', found)[:1],
        sessions="2",
        key=f"found in {language}",
    )
    assert booked.status_code == 200, words(booked.text)
    assert {many[-1]} == {str(each["practitioner_id"]) for each in sessions(story)}
