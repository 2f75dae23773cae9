"""Contracts that come with the role: whoever becomes a practitioner is offered the newest, once."""

import pytest

from .conftest import OTHER_CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox

# Becoming a practitioner

BECOME = "insert into public.practitioners (user_id, name) values (%s, %s) returning id"
OFFERS = """select c.status, c.contract_version, c.contract_text, t.version::text as newest
              from public.practitioner_contracts c join public.practitioners p on p.id = c.practitioner_id,
                   (select max(version) as version from public.contract_templates) t
             where p.user_id = %s"""


@pytest.mark.parametrize(
    "statements",
    [
        ["insert", "role"],
        ["role", "insert"],
        ["insert", "role", "role again", "update"],
        ["role", "insert", "remove role", "role"],
        ["insert"],
    ],
)
def test_who_becomes_a_practitioner_is_offered_the_newest_contract_once(
    sandbox: Sandbox, statements: list[str]
) -> None:
    """In whichever order and however often an admin's pages write row and role."""
    ways = {
        "insert": (BECOME, OTHER_CLIENT, "New"),
        "role": (
            "insert into public.user_roles (user_id, role) values (%s, 'practitioner')"
            " on conflict (user_id, role) do nothing",
            OTHER_CLIENT,
        ),
        "role again": (
            "insert into public.user_roles (user_id, role) values (%s, 'practitioner')"
            " on conflict (user_id, role) do update set role = excluded.role",
            OTHER_CLIENT,
        ),
        "remove role": (
            "delete from public.user_roles where user_id = %s and role = 'practitioner'",
            OTHER_CLIENT,
        ),
        "update": ("update public.practitioners set bio = 'B' where user_id = %s", OTHER_CLIENT),
    }
    sandbox.act_as("admin")
    for statement in statements:
        sandbox.run(*ways[statement])

    (offer,) = sandbox.run(OFFERS, OTHER_CLIENT)
    assert ("pending", offer["newest"]) == (offer["status"], offer["contract_version"])
    assert "New" in offer["contract_text"]
    sandbox.act_as("owner")
    told = "select count(*) from private.outbox where kind = 'contract_issued' and user_id = %s"
    assert 1 == sandbox.one(told, OTHER_CLIENT)


def test_who_was_there_before_the_rule_gets_it_with_the_role(sandbox: Sandbox) -> None:
    """And whoever has signed keeps what they have."""
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_contracts set status = 'expired' where practitioner_id = %s", ROW)
    sandbox.act_as("admin")
    again = "update public.user_roles set role = 'practitioner' where user_id = %s and role = 'practitioner'"
    for person in (PRACTITIONER, STRANGER):
        sandbox.run(again, person)

    assert ["expired", "pending"] == sorted(row["status"] for row in sandbox.run(OFFERS, PRACTITIONER))
    assert ["signed"] == [row["status"] for row in sandbox.run(OFFERS, STRANGER)]


def test_an_offer_that_nobody_answered_goes_with_whoever_was_added_by_mistake(sandbox: Sandbox) -> None:
    """Its event too; a contract that was ended is history and stays, with its practitioner."""
    sandbox.act_as("admin")
    mistake = sandbox.one(BECOME, OTHER_CLIENT, "Mistake")
    sandbox.run("delete from public.practitioners where id = %s", mistake)
    assert not sandbox.run(OFFERS, OTHER_CLIENT)

    kept = sandbox.one(BECOME, OTHER_CLIENT, "Kept")
    sandbox.run(
        "update public.practitioner_contracts set status = 'revoked', revoked_reason = 'No' where practitioner_id = %s",
        kept,
    )
    with sandbox.refused("practitioner_is_kept"):
        sandbox.run("delete from public.practitioners where id = %s", kept)
