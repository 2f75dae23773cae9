"""In which language somebody reads: whose choice it is, and how pages learn of it."""

import json

import pytest

from .conftest import CLIENT, OTHER_CLIENT, ROW, STRANGER, Sandbox
from .language_steps import choose


def language_of(sandbox: Sandbox, person: str) -> str | None:
    sandbox.act_as("owner")
    said: str | None = sandbox.one("select private.find_language(%s)", person)
    return said


def link(sandbox: Sandbox, page: str, person: str, subject: str | None = None, *, ends: str = "1 day") -> str:
    sandbox.act_as("owner")
    made: str = sandbox.one(
        "select private.make_page_link(%s, %s, %s, now() + %s::interval)", page, person, subject, ends
    )
    return made


def headers(sandbox: Sandbox) -> dict[str, str]:
    """What PostgREST would send beside the answer."""
    said = json.loads(sandbox.one("select current_setting('response.headers', true)") or "[]")
    assert len(said) == len({name for each in said for name in each}), "a header is said twice"
    return {name: value for each in said for name, value in each.items()}


# Whose choice it is


def test_whoever_is_signed_in_chooses_their_own(sandbox: Sandbox) -> None:
    assert language_of(sandbox, CLIENT) is None
    for language in ("fr-CA", "fr-CA", "en", "de"):
        sandbox.act_as("client")
        assert language == sandbox.one("select language from public.set_language(%s)", language)
        assert language == language_of(sandbox, CLIENT)
    assert language_of(sandbox, STRANGER) is None


@pytest.mark.parametrize(
    "wrong", [None, "", "French", "fr-ca", "FR", "fr_CA", "fr-CA\n", "fr-CA ", "e" * 5000]
)
def test_what_is_no_tag_is_refused_and_changes_nothing(sandbox: Sandbox, wrong: str | None) -> None:
    choose(sandbox, CLIENT, "fr-CA")
    token = link(sandbox, "manage_session", CLIENT, ROW)
    sandbox.act_as("client")
    with sandbox.refused("language_not_possible"):
        sandbox.run("select * from public.set_language(%s)", wrong)
    sandbox.act_as("anon")
    with sandbox.refused("language_not_possible"):
        sandbox.run("select * from public.set_language_by_link(%s, %s)", token, wrong)
    assert "fr-CA" == language_of(sandbox, CLIENT)


@pytest.mark.parametrize(
    "page", ["manage_session", "unsubscribe", "manage_calendars", "show_payout", "find_classes"]
)
def test_any_link_of_a_person_chooses_theirs(sandbox: Sandbox, page: str) -> None:
    """Also one whose session is not theirs any more: the link is."""
    token = link(sandbox, page, STRANGER, "session_reminders")
    sandbox.act_as("anon")
    assert "fr-CA" == sandbox.one("select language from public.set_language_by_link(%s, 'fr-CA')", token)
    assert "fr-CA" == language_of(sandbox, STRANGER)
    assert language_of(sandbox, CLIENT) is None


def test_a_link_that_is_nobodys_or_has_ended_chooses_nothing(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    feed = "x" * 72
    sandbox.run(
        "insert into private.calendar_feeds (token_sha256, user_id) values (private.sha256_hex(%s), %s)",
        feed,
        CLIENT,
    )
    over = link(sandbox, "manage_session", CLIENT, ROW, ends="-1 second")
    sandbox.act_as("anon")
    for token, code in (
        (feed, "link_not_found"),
        ("", "link_not_found"),
        (None, "link_not_found"),
        (over, "link_ended"),
    ):
        with sandbox.refused(code):
            sandbox.run("select * from public.set_language_by_link(%s, 'fr-CA')", token)
    assert language_of(sandbox, CLIENT) is None


def test_only_the_functions_write_and_only_their_callers_call(sandbox: Sandbox) -> None:
    for who in ("anon", "client", "admin", "service"):
        sandbox.act_as(who)
        for table in ("chosen_languages", "translations", "translations_version"):
            with sandbox.forbidden():
                sandbox.run(f"select * from private.{table}")
        if who != "service":
            with sandbox.forbidden():
                sandbox.run("select * from public.keep_translations(%s, '{}')", "0" * 64)
    for who, call in (
        ("anon", "set_language('fr-CA')"),
        ("service", "set_language('fr-CA')"),
        ("client", "set_language_by_link('x', 'fr-CA')"),
    ):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(f"select * from public.{call}")


def test_the_choice_is_exported_and_goes_with_the_account(sandbox: Sandbox) -> None:
    choose(sandbox, CLIENT, "fr-CA")
    (exported,) = sandbox.run(
        "select rows from private.export_rows(%s) where name = 'chosen_language'", CLIENT
    )
    assert ["fr-CA"] == [row["language"] for row in exported["rows"]]
    others = sandbox.run("select rows from private.export_rows(%s) where name = 'chosen_language'", STRANGER)
    assert not [row for row in others if row["rows"]]
    sandbox.run("delete from private.chosen_languages")
    choose(sandbox, OTHER_CLIENT, "fr-CA")
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)
    assert 0 == sandbox.one("select count(*) from private.chosen_languages")


# How pages learn of it


def test_an_opened_link_says_how_its_reader_wants_it(sandbox: Sandbox) -> None:
    token = link(sandbox, "manage_session", CLIENT, ROW)
    for said in ("und", "fr-CA"):
        if said != "und":
            choose(sandbox, CLIENT, said)
        sandbox.run("select set_config('response.headers', '', true)")
        sandbox.act_as("anon")
        sandbox.run("select * from public.read_managed_session(%s)", token)
        assert {"content-language": said} == headers(sandbox)


def test_calendars_of_a_person_are_in_their_language(sandbox: Sandbox) -> None:
    """Their file of a session, and the address that their program fetches, whose version is then another one."""
    feed, versions = "x" * 72, []
    sandbox.act_as("owner")
    sandbox.run(
        "insert into private.calendar_feeds (token_sha256, user_id) values (private.sha256_hex(%s), %s)",
        feed,
        CLIENT,
    )
    for said in ("und", "fr-CA"):
        if said != "und":
            choose(sandbox, CLIENT, said)
        for who, call in (
            ("client", f"get_session_calendar('{ROW}')"),
            ("anon", f"read_calendar_feed('{feed}')"),
        ):
            sandbox.run("select set_config('response.headers', '', true)")
            sandbox.act_as(who)
            (row,) = sandbox.run(f"select * from public.{call}")
            assert {"content-language": said} == headers(sandbox)
        versions.append(row["version"])
    assert versions[0] != versions[1]


def test_a_header_is_said_once_and_beside_the_others(sandbox: Sandbox) -> None:
    """Of a refusal that commits as well, whichever comes first."""
    says = (
        "select private.tell_language('{client}')",
        "select private.answer_refusal(429, 'too_many_requests', 'No.', null, 60)",
    )
    for order in (says, says[::-1]):
        sandbox.run("select set_config('response.headers', '', true)")
        for say in (*order, *order):
            sandbox.run(say.format(client=CLIENT))
        said = headers(sandbox)
        assert {"content-language", "refusal", "retry-after"} == said.keys()
        assert ("und", "60") == (said["content-language"], said["retry-after"])


def test_whatever_looks_a_link_up_says_the_language(sandbox: Sandbox) -> None:
    """One function does for nearly all; another one that asks the table has to say it too."""
    asking = {
        row["name"]: row["body"]
        for row in sandbox.run(
            "select proname as name, prosrc as body from pg_proc where pronamespace = 'private'::regnamespace"
            " and prosrc ~ 'from private\\.page_links l\\M' and prosrc ~ 'token_sha256 ='"
        )
    }
    assert {"open_page_link", "unsubscribe"} <= asking.keys()
    silent = {name for name, body in asking.items() if "private.tell_language(" not in body}
    assert {"open_any_page_link"} == silent  # it opens the link by open_page_link
