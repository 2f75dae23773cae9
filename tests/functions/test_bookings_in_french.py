"""Pages of what is booked, in French, with their buttons: as a browser asks for them, and by the switch at the foot."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin

import httpx
import pytest

from shared import timezones, words
from shared.languages import spoken
from tests.cast import Person, Stage
from tests.page_scene import BROWSER, PageScene

FRENCH = BROWSER | {"accept-language": "fr-CA,fr;q=0.9,en;q=0.1"}


@pytest.fixture
def scene(stage: Stage) -> PageScene:
    stage.execute("delete from private.rate_uses where rule like 'session link%%'")
    scene = PageScene(stage)
    scene.session = scene.book()
    return scene


def read(page: httpx.Response) -> str:
    """What stands on a page, in one line, its spaces and apostrophes all alike."""
    shown = re.sub(r"<style.*?</style>|<[^>]*>", " ", page.text, flags=re.DOTALL)
    return " ".join(unescape(shown).replace("’", "'").split())


def look(scene: PageScene, link: str) -> str:
    page = scene.stage.http.get(link, headers=FRENCH)
    assert (200, "fr-CA") == (page.status_code, page.headers["content-language"])
    return read(page)


def press(scene: PageScene, link: str, status: int = 200, **fields: str) -> str:
    page = scene.stage.http.post(link, data=fields, headers=FRENCH)
    assert status == page.status_code, read(page)
    return read(page)


def link(scene: PageScene, page: str, person: Person, subject: str | None = None) -> str:
    return scene.make_link(page, person, subject)


def test_a_session_is_moved_and_cancelled(scene: PageScene) -> None:
    """By its client; the days and clocks are theirs, and the rows are as for anybody."""
    managed = link(scene, "manage_session", scene.client, scene.session)
    zone = timezones.zone(
        scene.stage.value("select time_zone from public.session_schedules where id = %s", scene.session)
    )
    to = scene.starts_at + timedelta(hours=2)
    with spoken("fr-CA"):
        before, after = (f"{words.day(at, zone)} {words.clock(at, zone)}" for at in (scene.starts_at, to))
    before, after = (" ".join(each.split()) for each in (before, after))

    shown = look(scene, managed)
    assert "Votre séance" in shown and before in shown and "votre crédit vous est rendu" in shown
    assert "Déplacer à ce moment" in look(scene, f"{managed}&show=times")
    moved = press(scene, managed, act="move", starts_at=to.isoformat())
    assert "La séance est déplacée." in moved and after in moved
    cancelled = press(scene, managed, act="cancel", reason="Un rhume")
    assert "C'est annulé. Votre crédit vous est rendu." in cancelled
    row = scene.stage.owner.execute(
        "select status, scheduled_at from public.session_schedules where id = %s", [scene.session]
    ).fetchone()
    assert row and ("cancelled", to) == (row["status"], row["scheduled_at"])


def test_who_leads_a_session_reads_french_too(scene: PageScene) -> None:
    led = link(scene, "manage_session", scene.practitioner, scene.session)

    assert "Une séance que vous donnez" in look(scene, led)
    asked = press(scene, led, act="substitute")
    assert "L'administration est avisée." in asked


def test_a_seat_is_waited_for_and_given_back(scene: PageScene) -> None:
    group = scene.make_class(
        class_name="Yoga", max_participants=2, scheduled_at=scene.starts_at.replace(hour=6)
    )
    for person in (scene.booker(), scene.booker()):
        scene.stage.join(group, person)
    classes = f"{link(scene, 'find_classes', scene.booker())}&class_id={group['id']}"

    assert "Toutes les places (2) sont prises." in look(scene, classes)
    assert "Vous êtes au rang 1 sur 1." in press(scene, classes, act="wait")
    assert "Vous n'attendez plus de place dans ce cours." in press(scene, classes, act="leave")


def test_a_place_is_chosen(scene: PageScene) -> None:
    chosen = press(scene, link(scene, "choose_place", scene.client, scene.session), place="online")
    assert "C'est une séance en ligne, par vidéo." in chosen


@pytest.mark.parametrize(
    ("page", "button", "answer"),
    [
        ("find_my_sessions", "Recevoir mes liens", "Si des séances à venir correspondent à"),
        ("find_classes", "Recevoir mon lien", "Si un compte correspond à"),
    ],
)
def test_who_switches_at_the_foot_is_answered_in_french(
    scene: PageScene, page: str, button: str, answer: str
) -> None:
    """Nobody is known there: the link puts the language into the address, and the form keeps it there."""
    english = scene.look(scene.address(page))
    (href,) = re.findall(r'<a class="button quiet" href="([^"]*)" hreflang="fr-CA">', english.text)
    french = scene.look(urljoin(scene.address(page), unescape(href)))
    assert button in read(french)
    (action,) = re.findall(r'<form method="post" action="([^"]*)">', french.text)
    address = urljoin(scene.address(page), unescape(action))

    assert answer in read(scene.press(address, address=scene.client.email))
    wrong = scene.press(address, address="no address")
    assert 422 == wrong.status_code and button in read(wrong)


def test_a_payment_that_could_not_begin_is_explained(scene: PageScene) -> None:
    shown = look(scene, f"{scene.address('show_refused_checkout')}?code=class_full")
    assert "Ce cours est complet" in shown
    assert "La dernière place est prise. Rien n'a été réservé et rien n'a été payé." in shown
