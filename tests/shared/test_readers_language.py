"""Files speak the language of their reader, whom the database knows by a link or a token."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import vobject
from httpx import AsyncClient
from pydantic_core import to_json
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from functions.get_calendar_feed.main import get_calendar_feed
from shared.database import Rpc, as_caller
from shared.languages import language
from shared.wire import Output
from tests.written_mails import SESSION

from .conftest import Environment
from .serving.made_up import serve


class File(Output):
    """A made-up row."""

    name: str


open_file_rpc = Rpc("open_file", gives=File)


class Reader:
    """What the database knows of whose calendar it is."""

    language = "und"

    def answer(self, request: Request) -> Response:
        """Nothing but the version, which is another one in another language, where the program has that."""
        asked: dict[str, Any] = request.get_json()
        has_it = asked["known_version"] == self.language
        sessions = None if has_it else [{"session": SESSION, "is_led": False}]
        body = to_json({"version": self.language, "sessions": sessions})
        return Response(body, mimetype="application/json", headers={"content-language": self.language})


@pytest.fixture
def reader(project: HTTPServer, environment: Environment) -> Reader:
    environment(
        SUPABASE_URL=project.url_for("").rstrip("/"),
        SUPABASE_PUBLISHABLE_KEY="sb_publishable_made-up",
        PAGES_URL="https://pages.test",
    )
    reader = Reader()
    project.expect_request("/rest/v1/rpc/read_calendar_feed").respond_with_handler(reader.answer)
    return reader


@pytest.fixture
async def program() -> AsyncIterator[AsyncClient]:
    async with serve(get_calendar_feed) as client:
        yield client


async def test_a_feed_is_in_the_language_of_its_owner(reader: Reader, program: AsyncClient) -> None:
    """Also to a program that had it in another one, though no session has changed since."""
    english = await program.get("/?token=t")
    reader.language = "fr-CA"
    french = await program.get("/?token=t", headers={"if-none-match": english.headers["etag"]})
    again = await program.get("/?token=t", headers={"if-none-match": french.headers["etag"]})

    assert [200, 200, 304] == [each.status_code for each in (english, french, again)]
    assert ["en", "fr-CA"] == [each.headers["content-language"] for each in (english, french)]
    ours, theirs = vobject.readOne(french.text), vobject.readOne(english.text)
    assert "Séance debout avec Noor" == ours.vevent.summary.value == ours.vevent.valarm.description.value
    assert "Séances de pratique" == ours.contents["x-wr-calname"][0].value
    assert "Standing session with Noor" == theirs.vevent.summary.value
    assert "Practice sessions" == theirs.contents["x-wr-calname"][0].value


async def test_who_never_chose_gets_it_as_their_program_asks(reader: Reader, program: AsyncClient) -> None:
    asked = await program.get("/?token=t", headers={"accept-language": "fr-FR, en;q=0.5"})

    assert "fr-CA" == asked.headers["content-language"] and reader.language == "und"


@pytest.mark.parametrize(
    ("told", "spoken"), [("fr-CA", "fr-CA"), ("und", "en"), (None, "en"), ("xx", "en"), ("en", "en")]
)
async def test_what_is_no_page_speaks_as_the_database_says(
    project: HTTPServer, told: str | None, spoken: str
) -> None:
    headers = {"content-language": told} if told else {}
    project.expect_request("/rest/v1/rpc/open_file").respond_with_json({"name": "x"}, headers=headers)

    await as_caller("the.callers.token", "request-1").rpc(open_file_rpc)

    assert spoken == language()
