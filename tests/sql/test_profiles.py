"""Profiles follow accounts, and never stand in the way of one."""

import json
from typing import Any

import pytest

from .conftest import CLIENT, ROW, Sandbox

SIGN_UP = "insert into auth.users (email, raw_user_meta_data) values ('new@demo.test', %s) returning id"


def test_signing_up_makes_a_profile(sandbox: Sandbox) -> None:
    """Name and birthday come along."""
    sandbox.act_as("owner")
    person = sandbox.one(SIGN_UP, '{"full_name": "New", "date_of_birth": "2000-02-29"}')

    profile = sandbox.run(
        "select full_name, email, date_of_birth::text from public.profiles where id = %s", person
    )
    assert [{"full_name": "New", "email": "new@demo.test", "date_of_birth": "2000-02-29"}] == profile


def test_an_invalid_birthday_does_not_stop_the_account(sandbox: Sandbox) -> None:
    """The account is made, the rest of the profile too."""
    sandbox.act_as("owner")
    person = sandbox.one(SIGN_UP, '{"full_name": "New", "date_of_birth": "31/02/yesterday"}')

    assert [{"full_name": "New", "date_of_birth": None}] == sandbox.run(
        "select full_name, date_of_birth from public.profiles where id = %s", person
    )


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"full_name": "x" * 2_000_000}, {"full_name": "x" * 200}),
        ({"full_name": "🧘🏽" * 200}, {"full_name": "🧘🏽" * 100}),
        ({"full_name": " " * 2_000_000}, {"full_name": " " * 200}),
        ({"full_name": {"first": "New"}}, {}),
        ({"full_name": ["New"]}, {}),
        ({"full_name": True}, {}),
        ({"full_name": None}, {}),
        ({"phone_number": 15550100}, {"phone_number": "15550100"}),
        ({"phone_number": "1" * 2_000_000}, {"phone_number": "1" * 50}),
        ({"address": "é" * 2_000_000}, {"address": "é" * 1000}),
        ({"avatar_url": "https://example.org/" + "x" * 2000}, {}),
        ({"date_of_birth": "99999-01-01"}, {}),
        ({"date_of_birth": "infinity"}, {}),
        ({"date_of_birth": "-infinity"}, {}),
        ({"date_of_birth": "1899-12-31"}, {}),
        ({"date_of_birth": "2999-01-01"}, {}),
        ({"date_of_birth": "0001-01-01 BC"}, {}),
        ({"date_of_birth": "tomorrow"}, {}),
        ({"date_of_birth": 20000229}, {"date_of_birth": "2000-02-29"}),
        ({"date_of_birth": 1e300}, {}),
        ({"date_of_birth": {"year": 2000}}, {}),
        ({"date_of_birth": "9" * 2_000_000}, {}),
        ([], {}),
        ("a text", {}),
        (7, {}),
        (None, {}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_signing_up_never_fails_for_its_metadata(sandbox: Sandbox, given: Any, read: dict[str, Any]) -> None:
    """Too long is cut, between characters; what cannot be read is null. The rest of the profile is there."""
    sandbox.act_as("owner")
    if isinstance(given, dict):
        given = {"full_name": "New", **given}
        read = {"full_name": None if "full_name" in given and given["full_name"] != "New" else "New", **read}
    person = sandbox.one(SIGN_UP, json.dumps(given))

    (profile,) = sandbox.run(
        """select email, full_name, avatar_url, phone_number, date_of_birth::text, address
             from public.profiles where id = %s""",
        person,
    )
    assert profile.pop("email") == "new@demo.test"
    assert {**dict.fromkeys(profile), **read} == profile


def test_an_address_that_is_too_long_is_left_out(sandbox: Sandbox) -> None:
    """A mail to what is left of it would go to somebody else."""
    sandbox.act_as("owner")
    person = sandbox.one(
        'insert into auth.users (email, raw_user_meta_data) values (%s, \'{"full_name": "New"}\') returning id',
        "x" * 100_000 + "@demo.test",
    )

    assert [{"full_name": "New", "email": None}] == sandbox.run(
        "select full_name, email from public.profiles where id = %s", person
    )


def test_an_account_is_made_even_if_the_profile_cannot_be(sandbox: Sandbox) -> None:
    """Whatever goes wrong in the copy stays in the copy."""
    sandbox.act_as("owner")
    sandbox.run("alter table public.profiles add constraint closed check (email <> 'new@demo.test')")

    assert sandbox.one(SIGN_UP, "{}")


def test_signing_in_keeps_an_edited_profile(sandbox: Sandbox) -> None:
    """An update of the account that changes neither e-mail nor metadata leaves the profile alone."""
    sandbox.act_as("client")
    sandbox.run("update public.profiles set full_name = 'Edited' where id = %s", CLIENT)
    sandbox.act_as("owner")
    sandbox.run("update auth.users set last_sign_in_at = now() where id = %s", CLIENT)
    assert "Edited" == sandbox.one("select full_name from public.profiles where id = %s", CLIENT)

    sandbox.run("update auth.users set email = 'moved@demo.test' where id = %s", CLIENT)
    assert "moved@demo.test" == sandbox.one("select email from public.profiles where id = %s", CLIENT)


def test_practitioners_see_the_names_of_all_their_clients(sandbox: Sandbox) -> None:
    """Those assigned without a session too: one hidden name would empty the page's list."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_recordings where session_id = %s", ROW)
    sandbox.run("delete from public.session_schedules where id = %s", ROW)

    sandbox.act_as("practitioner")
    assert CLIENT in [
        str(row["id"]) for row in sandbox.run("select id, full_name, email from public.profiles")
    ]
    with sandbox.forbidden():
        sandbox.run("select address from public.profiles")
