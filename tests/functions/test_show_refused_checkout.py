"""The page about a payment that could not begin: a reason for every refusal, in words that are ours."""

import inspect
import re
from html import unescape

import pytest

from functions.create_session_payment import contract, main
from shared.database import Rpc
from shared.refused_checkouts import CODES, reasons
from tests.cast import Stage
from tests.page_scene import BROWSER

# What is refused with another status than the world's being otherwise, or to no page.
OTHERWISE = {
    "request_in_progress": "a twin of a click: the page waits for the answer to the first",
    "nothing_to_hold": "422: the body is incomplete",
    "no_usable_credit": "only what was paid books with its credit",
}


def codes() -> set[str]:
    """Everything that create-session-payment refuses with: by the database, and by itself."""
    rpcs = [value for value in vars(contract).values() if isinstance(value, Rpc)]
    return {code for rpc in rpcs for code in rpc.refuses} | set(
        re.findall(r'Conflict\(\s*"(\w+)"', inspect.getsource(main))
    )


def test_every_refusal_has_words() -> None:
    assert codes() - CODES - OTHERWISE.keys() == set()
    for reason in reasons(str).values():
        assert reason.sentence.endswith(".") and 3 < len(reason.title) < 45 and len(reason.way) < 40


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_reason_is_shown_with_the_way_back(stage: Stage, code: str) -> None:
    for back in ("sessions", "wallet"):
        page = stage.http.get(f"{stage.env['PAGES_URL']}/show-refused-checkout?code={code}&back={back}")
        assert page.status_code == 200 and reasons(str)[code].sentence in unescape(page.text)
        assert f'href="{stage.env["SITE_URL"]}/{back}"' in page.text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?code=",
        "?code=<b>hello",
        "?code=slot_taken&back=//elsewhere.test",
        "?code=Your+card+was+stolen",
        "?code=" + "x" * 101,
        "?code=__class__",
    ],
)
def test_nothing_of_the_address_is_shown(stage: Stage, query: str) -> None:
    """Neither a sentence nor a way that somebody else has thought of."""
    page = stage.http.get(f"{stage.env['PAGES_URL']}/show-refused-checkout{query}", headers=BROWSER)

    assert page.status_code in (404, 422)
    for words in ("hello", "elsewhere.test", "stolen", "xxx"):
        assert words not in page.text
