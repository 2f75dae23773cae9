"""The front page's guard, its buttons without a browser, and the time that they let pass."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from local.front import logs
from local.stack import Stack

PAGE = {"accept": "text/html"}


@pytest.fixture(scope="module")
def seeded(states: Path) -> Iterator[Stack]:
    """As `make up` starts it, with its demo."""
    with Stack(states / "seeded", seed=True) as running:
        yield running


@pytest.fixture
def front(seeded: Stack) -> Iterator[httpx.Client]:
    """Somebody on this machine."""
    with httpx.Client(base_url=seeded.env["SUPABASE_URL"], timeout=120) as client:
        yield client


def token_of(front: httpx.Client) -> str:
    found = re.search(r'name="token" value="([^"]+)"', front.get("/", headers=PAGE).text)
    assert found
    return found[1]


def test_it_says_how_the_platform_is_where_that_is_known(front: httpx.Client, seeded: Stack) -> None:
    (known,) = ask(seeded, "select to_regproc('public.ops_status') is not null as it_is")

    page = front.get("/", headers=PAGE).text

    assert ("is not there yet" in page) is not known["it_is"]


def press(front: httpx.Client, act: str, **fields: str) -> httpx.Response:
    """As the page does it."""
    headers = {"origin": str(front.base_url).rstrip("/")}
    return front.post(f"/_front/{act}", data={"token": token_of(front), **fields}, headers=headers)


def ask(stack: Stack, query: str, *values: Any) -> list[dict[str, Any]]:
    with psycopg.connect(stack.env["DATABASE_URL"], row_factory=dict_row) as connection:
        return connection.execute(query.encode(), values).fetchall()


def test_a_browser_sees_a_page_and_a_program_facts(front: httpx.Client, seeded: Stack) -> None:
    page, facts = front.get("/", headers=PAGE), front.get("/")

    assert page.headers["content-type"].startswith("text/html")
    assert seeded.env["SUPABASE_SECRET_KEY"] in page.text
    assert facts.json()["silent"] == []
    assert "access-control-allow-origin" not in page.headers
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/_front/logs", "/_front/reference"])
def test_another_name_for_this_machine_sees_nothing(front: httpx.Client, path: str) -> None:
    """A page of others whose name leads here has a host of its own."""
    refused = front.get(path, headers={**PAGE, "host": "rebound.test"})

    assert refused.status_code == 403
    assert "sb_secret" not in refused.text


@pytest.mark.parametrize(
    ("spoilt", "headers"),
    [
        ({}, {"origin": "http://elsewhere.test"}),
        ({}, {"origin": "null"}),
        ({}, {}),
        ({"token": "guessed"}, {"origin": "ours"}),
        ({"token": ""}, {"origin": "ours"}),
        ({}, {"origin": "http://rebound.test", "host": "rebound.test"}),
    ],
)
@pytest.mark.parametrize("act", ["skip", "run", "stripe", "agora", "doctor", "pay", "sign-in"])
def test_only_the_page_itself_presses_its_buttons(
    front: httpx.Client, seeded: Stack, act: str, spoilt: dict[str, str], headers: dict[str, str]
) -> None:
    """Not a form of another origin, not one without an origin, and not one that knows no token."""
    before = ask(seeded, "select max(scheduled_at) as at from public.session_schedules")
    said = {name: value.replace("ours", str(front.base_url).rstrip("/")) for name, value in headers.items()}
    fields = {
        "token": token_of(front),
        "what": "1",
        "who": "client",
        "site": seeded.env["SITE_URL"],
        **spoilt,
    }

    refused = front.post(f"/_front/{act}", data=fields, headers=said)

    assert refused.status_code == 403
    assert before == ask(seeded, "select max(scheduled_at) as at from public.session_schedules")


def test_people_are_signed_in_at_our_pages_only(front: httpx.Client, seeded: Stack) -> None:
    led = press(front, "sign-in", who="client", site=seeded.env["SITE_URL"])
    astray = press(front, "sign-in", who="client", site="http://elsewhere.test")

    assert led.headers["location"].startswith(f"{seeded.env['SITE_URL']}/#access_token=")
    assert (astray.status_code, "location" in astray.headers) == (422, False)


@pytest.mark.parametrize("what", ["list-users", "no-such-function", "../secrets"])
def test_only_what_the_clock_calls_is_run(front: httpx.Client, what: str) -> None:
    assert press(front, "run", what=what).status_code == 422


def test_stripes_page_is_one_click_away(front: httpx.Client, seeded: Stack) -> None:
    assert press(front, "pay").headers["location"].startswith(f"{seeded.env['STRIPE_API_URL']}/checkout/")


MOMENTS = (
    "select table_schema || '.' || table_name as name, column_name, data_type from information_schema.columns"
    " join information_schema.tables using (table_schema, table_name)"
    " where table_schema in ('public', 'private') and table_type = 'BASE TABLE' and is_generated = 'NEVER'"
    " and data_type in ('timestamp with time zone', 'timestamp without time zone')"
)
# What hashes vouch for, and what machines wrote down of themselves.
WHOLE = {
    *("public.audit_logs", "private.audit_chain", "private.audit_redactions", "public.liability_waivers"),
    *("public.practitioner_contracts", "public.contract_signatures", "public.contract_events"),
    *(
        "private.scheduled_runs",
        "private.scheduled_functions",
        "private.matter_settings",
        "private.audit_heads",
    ),
}


def earliest(stack: Stack) -> dict[str, Any]:
    """Of every column that holds moments, and of every range of time."""
    found = {
        f"{row['name']} {row['column_name']}": ask(
            stack,
            f"select min({row['column_name']}) as at from {row['name']} where isfinite({row['column_name']})",
        )[0]["at"]
        for row in ask(stack, MOMENTS)
    }
    (taken,) = ask(stack, "select min(lower(during)) as at from private.practitioner_time")
    return {**found, "private.practitioner_time during": taken["at"]}


def test_an_hour_that_is_skipped_is_skipped_everywhere(seeded: Stack, front: httpx.Client) -> None:
    """In every table, also in one that a migration adds; what is sealed stays as it was, and every rule holds."""
    before = earliest(seeded)
    assert press(front, "skip", what="1").status_code == 303
    after = earliest(seeded)

    hour = timedelta(hours=1)
    stayed = {name for name, at in before.items() if at and after[name] == at}
    assert {name.partition(" ")[0] for name in stayed} <= WHOLE
    for name in ("public.session_schedules scheduled_at", "private.practitioner_time during"):
        assert after[name] == before[name] - hour
    assert "public.audit_logs created_at" in stayed
    press(front, "run", what="check-invariants")
    assert "&#34;holds&#34;:true" in front.get("/", headers=PAGE).text
    assert ask(seeded, "select * from private.check_audit_chain()") == []


def test_a_request_is_found_in_every_log(tmp_path: Path) -> None:
    (tmp_path / "gateway.log").write_text("one\nrequest abc\n")
    (tmp_path / "send-mail.log").write_text('{"request_id":"abc"}\n{"request_id":"abd"}\n')

    assert logs.search(tmp_path, "abc") == [("gateway", "request abc"), ("send-mail", '{"request_id":"abc"}')]
    assert logs.tail(tmp_path, "send-mail", lines=1) == ['{"request_id":"abd"}']
    assert logs.tail(tmp_path, "../send-mail") == []
