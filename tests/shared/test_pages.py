"""A page speaks as its reader does, and offers its other languages: by a form to who came by a link, else by a link."""

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from pytest_httpserver import HTTPServer
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from shared.call import Call
from shared.database import Rpc
from shared.errors import Conflict
from shared.languages import spoken
from shared.languages.catalogue import gettext
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.wire import Output, StrictInput

BROWSER = {"accept": "text/html"}
FRENCH = BROWSER | {"accept-language": "fr-CA,fr;q=0.9,en;q=0.5"}


class ReadNote(StrictInput):
    """A made-up page's link."""

    token: str = ""
    show: str = ""
    act: str | None = None


class Note(Output):
    """What the database says of it."""

    fee: float


read_note_rpc = Rpc("read_note", gives=Note)


@pytest.fixture
async def page(project: HTTPServer, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    """A page as its functions are made: one that reads by a link, where there is one."""
    (tmp_path / "note.html").write_text(
        '{% extends "layout.html" %}{% block title %}{{ _("Your session") }}{% endblock %}{% block body %}'
        '<p>{{ money(fee, "cad") }}</p><form method="post" action="{{ stay() }}"><button>Go</button></form>'
        "{% endblock %}"
    )
    pages = Pages(str(tmp_path / "main.py"))

    @endpoint(caller="public", methods=PAGE_METHODS, page=refusal_page)
    async def read_note(call: Call[ReadNote]) -> HTMLResponse:
        if call.body.show == "nothing":
            raise Conflict("class_full", "This class is full.")
        note = (
            await call.database.rpc(read_note_rpc, token=call.body.token)
            if call.body.token
            else Note(fee=7500)
        )
        return pages.show("note.html", fee=note.fee)

    @endpoint(caller="public")
    async def keep_note(call: Call[ReadNote]) -> Note:
        return Note(fee=0)

    routes: list[Any] = [
        Route("/read-note", read_note, methods=["GET", "POST"]),
        Route("/keep-note", keep_note, methods=["POST"]),
    ]
    transport = ASGITransport(app=Starlette(routes=routes), client=("192.0.2.44", 1))
    async with AsyncClient(transport=transport, base_url="http://pages.test") as client:
        yield client


def reads_in(project: HTTPServer, language: str | None) -> None:
    """Whose link it is, and in which language the database says that they read."""
    headers = {"content-language": language} if language else {}
    project.expect_request("/rest/v1/rpc/read_note").respond_with_json({"fee": 7500}, headers=headers)


def switch(html: str) -> str:
    """What offers another language, at the foot."""
    (found,) = re.findall(r"<footer.*?</footer>", html, re.DOTALL)
    return unescape(" ".join(found.split()))


async def test_it_speaks_as_the_browser_asks(page: AsyncClient) -> None:
    english, french = await page.get("/read-note"), await page.get("/read-note", headers=FRENCH)

    assert ("en", "fr-CA") == tuple(each.headers["content-language"] for each in (english, french))
    assert '<html lang="en">' in english.text and "<h1>Your session</h1>" in english.text
    assert "CA$75.00" in english.text
    assert '<html lang="fr-CA">' in french.text and "<h1>Votre séance</h1>" in french.text
    assert "75,00\u00a0$\u00a0CA" in french.text


async def test_who_is_not_known_is_led_to_the_other_language_by_a_link(page: AsyncClient) -> None:
    """Which keeps what stands in the address; and a form on the page leads to no other language than its own."""
    reply = await page.get("/read-note?show=a%26b%22%3E", headers=BROWSER)
    offered = switch(reply.text)

    assert '<footer lang="fr-CA">' in offered and ">Français</a>" in offered and "<form" not in offered
    (href,) = re.findall(r'href="(\?[^"]*)"', offered)
    assert "?show=a%26b%22%3E&language=fr-CA" == href
    french = await page.get(f"/read-note{href}", headers=BROWSER)
    assert "<h1>Votre séance</h1>" in french.text
    assert 'action="?language=fr-CA"' in french.text and 'action="?"' in reply.text
    (href,) = re.findall(r'href="(\?[^"]*)"', switch(french.text))
    assert "?show=a%26b%22%3E&language=en" == href
    english = await page.get(f"/read-note{href}", headers=FRENCH)
    assert "<h1>Your session</h1>" in english.text  # whatever the browser asks for


async def test_who_is_known_by_a_link_is_remembered_by_a_form(page: AsyncClient, project: HTTPServer) -> None:
    """It works without scripts, is one button, and leads back to the page that was looked at."""
    reads_in(project, "fr-CA")
    reply = await page.get("/read-note?token=t&show=times", headers=BROWSER)
    offered = switch(reply.text)

    assert "<h1>Votre séance</h1>" in reply.text and '<footer lang="en">' in offered
    assert '<form method="post" action="set-language">' in offered and "<a " not in offered
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', offered))
    assert {"token": "t", "back": "read-note?token=t&show=times", "language": "en"} == fields
    assert offered.count("<button") == 1 and ">English</button>" in offered


@pytest.mark.parametrize("language", ["und", "tlh"])
async def test_who_never_said_reads_as_their_browser_asks_and_is_remembered(
    page: AsyncClient, project: HTTPServer, language: str
) -> None:
    reads_in(project, language)
    reply = await page.get("/read-note?token=t", headers=FRENCH)

    assert "<h1>Votre séance</h1>" in reply.text and 'action="set-language"' in switch(reply.text)


async def test_a_link_of_nobody_we_know_is_a_link(page: AsyncClient, project: HTTPServer) -> None:
    """Such as a token that is no person's: nothing is remembered of whom nobody knows."""
    reads_in(project, None)
    reply = await page.get("/read-note?token=t", headers=BROWSER)

    assert 'href="?token=t&language=fr-CA"' in switch(reply.text)


async def test_the_address_goes_first(page: AsyncClient, project: HTTPServer) -> None:
    reads_in(project, "fr-CA")
    reply = await page.get("/read-note?token=t&language=en", headers=FRENCH)

    assert "<h1>Your session</h1>" in reply.text
    assert 'value="read-note?token=t"' in switch(reply.text)  # not back to the language that was left


async def test_the_language_is_no_field_of_the_page(page: AsyncClient) -> None:
    """A strict page takes it in its address; no form of it does, and no function that is no page."""
    in_form = await page.post("/read-note", data={"language": "fr-CA"}, headers=BROWSER)
    in_address = await page.post("/read-note?language=fr-CA", data={"act": "go"}, headers=BROWSER)
    no_page = await page.post("/keep-note", json={"language": "fr-CA"})

    assert (422, 200, 422) == (in_form.status_code, in_address.status_code, no_page.status_code)
    assert "<h1>Votre séance</h1>" in in_address.text


@pytest.mark.parametrize("language", ["", "x" * 5000, "../../etc/passwd", '"><script>', "\0", "%s"])
async def test_a_language_that_is_none_is_english(page: AsyncClient, language: str) -> None:
    reply = await page.get("/read-note", params={"language": language}, headers=BROWSER)

    assert (200, "en") == (reply.status_code, reply.headers["content-language"])
    assert "<script" not in reply.text and "passwd" not in reply.text


async def test_a_refusal_speaks_too_and_repeats_nothing_of_the_address(page: AsyncClient) -> None:
    reply = await page.get("/read-note?show=nothing&token=t", headers=FRENCH)

    assert (409, "fr-CA") == (reply.status_code, reply.headers["content-language"])
    with spoken("fr-CA"):
        title = gettext("That is not possible now")
    assert "That is" not in reply.text and f"<h1>{title}</h1>" in unescape(reply.text)
    assert 'href="?token=t&language=en"' in switch(reply.text)
    program = await page.get("/read-note?show=nothing", headers={"accept-language": "fr"})
    assert "This class is full." == program.json()["error"]  # which programs read
