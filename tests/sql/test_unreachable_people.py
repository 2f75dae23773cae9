"""Whom mails do not reach: seen by who meets them and by admins, until there is an address that takes mail."""

from typing import Any

import pytest

from .booking_steps import book, in_hours, sign
from .conftest import CLIENT, PRACTITIONER, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def refused(sandbox: Sandbox) -> None:
    """The client's address has refused a mail for good; they have booked with the stranger, who is a practitioner."""
    sign(sandbox)
    book(sandbox, in_hours(30))
    refuse_mail_to(sandbox, CLIENT)


def refuse_mail_to(sandbox: Sandbox, person: str) -> None:
    sandbox.act_as("owner")
    sandbox.run(
        """update private.mails m set status = 'failed', status_reason = 'inactive_recipient', ended_at = now(),
                  next_attempt_at = null, recipient_email = u.email
             from auth.users u where u.id = m.user_id and u.id = %s""",
        person,
    )


def seen(sandbox: Sandbox, who: str) -> list[str]:
    sandbox.act_as(who)
    return [str(row["user_id"]) for row in sandbox.run("select * from public.unreachable_people")]


def unreachable(sandbox: Sandbox, who: str) -> list[dict[str, Any]]:
    sandbox.act_as(who)
    (row,) = sandbox.run("select unreachable_clients from public.practitioner_dashboard()")
    return list(row["unreachable_clients"])


def test_who_leads_a_session_to_come_and_admins_see_it(sandbox: Sandbox) -> None:
    """By name and by when they meet; the address is in no row."""
    (row,) = unreachable(sandbox, "stranger")
    assert (row["client_id"], row["name"]) == (CLIENT, "Client")
    assert row["meets_at"] is not None
    assert seen(sandbox, "admin") == seen(sandbox, "client") == [CLIENT]
    assert "client" not in {
        value
        for row in sandbox.run("select to_jsonb(u) as row from public.unreachable_people u")
        for value in row["row"]
    }
    sandbox.act_as("admin")
    (attention,) = sandbox.run("select attention from public.admin_dashboard()")
    assert attention["attention"]["unreachable_people"] == 1


def test_nobody_else_sees_it(sandbox: Sandbox) -> None:
    """Nor who met them once: it matters until the session."""
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'cancelled' where client_id = %s", CLIENT)
    refuse_mail_to(sandbox, CLIENT)

    assert seen(sandbox, "stranger") == seen(sandbox, "other") == []
    assert unreachable(sandbox, "stranger") == []
    assert seen(sandbox, "admin") == [CLIENT]
    sandbox.act_as("anon")
    with sandbox.forbidden():
        sandbox.run("select * from public.unreachable_people")


@pytest.mark.parametrize("remedy", ["another address", "queued again"])
def test_it_ends_with_what_was_wrong(sandbox: Sandbox, remedy: str) -> None:
    sandbox.act_as("owner")
    if remedy == "another address":
        sandbox.run("update auth.users set email = 'new@elsewhere.test' where id = %s", CLIENT)
    else:
        sandbox.run(
            "select private.resolve_mail(m.id, 'queued') from private.mails m where m.status = 'failed'"
        )

    assert unreachable(sandbox, "stranger") == [] == seen(sandbox, "admin")


def test_a_practitioner_is_not_their_own_client(sandbox: Sandbox) -> None:
    """They see that they are not reached, in the view alone."""
    refuse_mail_to(sandbox, STRANGER)

    assert STRANGER in seen(sandbox, "stranger")
    assert [row["client_id"] for row in unreachable(sandbox, "stranger")] == [CLIENT]
    assert PRACTITIONER not in seen(sandbox, "admin")
