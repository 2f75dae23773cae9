"""With whom a series can be: fifty to a page, each of them found by page and by name."""

from typing import Any

import pytest

from .booking_steps import grant
from .conftest import CLIENT, Sandbox

MANY = 120


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    """Of a link for somebody with credits, on a platform of many practitioners."""
    grant(sandbox, 3)
    sandbox.act_as("owner")
    add = (
        "with person as (insert into auth.users (id) values (gen_random_uuid()) returning id)"
        " insert into public.practitioners (user_id, name, available) select id, %s, %s from person"
    )
    for number in range(1, MANY + 1):
        sandbox.run(add, f"Many {number:03}", True)
    for name, available in (("Zoë Dvořák", True), ("Zoë Paused", False), ("100% O'Neil_", True)):
        sandbox.run(add, name, available)
    return str(
        sandbox.one(
            "select private.make_page_link('book_series', %s, null, now() + interval '1 day')", CLIENT
        )
    )


def read(sandbox: Sandbox, token: str, **asked: Any) -> dict[str, Any]:
    sandbox.act_as("anon")
    named = "".join(f", {name} => %s" for name in asked)
    found: dict[str, Any] = sandbox.one(
        f"select to_jsonb(c) from public.read_series_choices(%s{named}) c", token, *asked.values()
    )
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [each["name"] for each in found["practitioners"]]


def test_everybody_is_on_one_of_the_pages(sandbox: Sandbox, token: str) -> None:
    """Each once, in one order, and never more than fifty."""
    pages = [read(sandbox, token, page=number) for number in range(1, 5)]
    sandbox.act_as("owner")
    everybody = sandbox.one("select count(*) from public.practitioners where available")
    listed = [name for found in pages for name in names(found)]
    assert everybody == len(listed) == len(set(listed)) and "Zoë Paused" not in listed
    assert [50, 50] == [len(names(found)) for found in pages[:2]]
    assert [True, True, False, False] == [found["is_more"] for found in pages]
    for odd in (0, -3, None):
        assert names(pages[0]) == names(read(sandbox, token, page=odd))
    assert [] == names(read(sandbox, token, page=10**9))


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("zoe", ["Zoë Dvořák"]),
        ("  DVORAK zoë ", ["Zoë Dvořák"]),
        ("Many 101", ["Many 101"]),
        ("100%", ["100% O'Neil_"]),
        ("o'neil_", ["100% O'Neil_"]),
        ("Many%101", []),
        ("Many_101", []),
        ("zoe paused", []),
        ("\\", []),
        ("zoe many", []),
    ],
)
def test_a_name_is_found_however_it_is_typed(
    sandbox: Sandbox, token: str, search: str, found: list[str]
) -> None:
    """In any case and order, without its accents; no sign means anything but itself."""
    assert found == names(read(sandbox, token, search=search))


def test_whoever_is_chosen_is_listed_whatever_is_searched(sandbox: Sandbox, token: str) -> None:
    """First, and once; without a choice it is the first that was found, with whose times the page goes on."""
    (zoe,) = read(sandbox, token, search="zoe")["practitioners"]
    assert zoe["id"] == read(sandbox, token, search="zoe")["practitioner_id"]
    chosen = read(sandbox, token, practitioner_id=zoe["id"])
    assert ("Zoë Dvořák", zoe["id"]) == (names(chosen)[0], chosen["practitioner_id"])
    assert 1 == names(chosen).count("Zoë Dvořák") and 51 == len(names(chosen))
    assert ["Zoë Dvořák"] == names(read(sandbox, token, practitioner_id=zoe["id"], search="zoe"))
    nobody = read(sandbox, token, search="nobody of that name")
    assert ([], None, []) == (nobody["practitioners"], nobody["practitioner_id"], nobody["starts"])
    with sandbox.refused("text_too_long"):
        read(sandbox, token, search="x" * 101)
