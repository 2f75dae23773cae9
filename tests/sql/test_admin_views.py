"""What admins look through: a list of each kind, whole for them and empty for everybody else."""

import pytest

from .conftest import ADMIN, CLIENT, ROW, Sandbox

# Each view, and the table that its rows are of.
VIEWS = {
    "admin_waivers": "liability_waivers",
    "admin_recordings": "session_recordings",
    "admin_contracts": "practitioner_contracts",
    "admin_banking": "practitioners",
    "admin_cancellations": "session_cancellations",
}


@pytest.mark.parametrize("view", VIEWS)
def test_an_admin_reads_every_row_and_nobody_else_any(sandbox: Sandbox, view: str) -> None:
    """Not even of their own: those stand in the tables."""
    sandbox.act_as("admin")
    rows = sandbox.one(f"select count(*) from public.{VIEWS[view]}")
    assert rows == sandbox.one(f"select count(*) from public.{view}") > 0

    for who in ("client", "other", "practitioner", "stranger"):
        sandbox.act_as(who)
        assert [] == sandbox.run(f"select * from public.{view}"), who
    for who in ("anon", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(f"select * from public.{view}")


def test_the_list_of_waivers_has_owner_and_version(sandbox: Sandbox) -> None:
    """And whether it is the one that counts; when a new version comes, it is not any more."""
    sandbox.act_as("admin")
    current = "select client_name, client_email, waiver_policy_version as version, is_current from public.admin_waivers"
    signed = {"client_name": "Client", "client_email": "client@demo.test", "version": 1}
    assert [signed | {"is_current": True}] == sandbox.run(f"{current} where session_id = %s", ROW)

    sandbox.run("insert into public.waiver_policy (version, policy_text) values (2, 'New')")
    assert [signed | {"is_current": False}] == sandbox.run(f"{current} where not is_current")


def test_the_list_of_recordings_counts_its_viewers(sandbox: Sandbox) -> None:
    """Of a class's own recording no client is named: the row's is an admin."""
    sandbox.act_as("admin")
    shown = (
        "select client_name, practitioner_name, is_group, views from public.admin_recordings where id = %s"
    )
    assert [
        {"client_name": "Client", "practitioner_name": "Practitioner", "is_group": False, "views": 1}
    ] == sandbox.run(shown, ROW)

    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set max_participants = 5, client_id = %s where id = %s", ADMIN, ROW
    )
    sandbox.act_as("admin")
    assert [{"client_name": None, "is_group": True}] == sandbox.run(
        "select client_name, is_group from public.admin_recordings where id = %s", ROW
    )


def test_the_list_of_contracts_shows_which_are_valid(sandbox: Sandbox) -> None:
    """Signed and not past their end, whether a job has marked it or not."""
    state = "select status, is_live, is_observed from public.admin_contracts where id = %s"
    sandbox.act_as("admin")
    assert [{"status": "pending", "is_live": False, "is_observed": None}] == sandbox.run(state, ROW)
    sandbox.run(
        "update public.practitioner_contracts set expires_at = now() + interval '1 hour' where id = %s", ROW
    )

    sandbox.act_as("practitioner")
    sandbox.run("update public.practitioner_contracts set status = 'signed' where id = %s", ROW)
    sandbox.act_as("admin")
    assert [{"status": "signed", "is_live": True, "is_observed": False}] == sandbox.run(state, ROW)


def test_the_list_of_bank_accounts_shows_four_digits_and_the_next_step(sandbox: Sandbox) -> None:
    """Also of practitioners who have no account here."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_banking set account_last4 = '6789' where practitioner_id = %s", ROW
    )
    found = "select account_last4, verification from public.admin_banking where practitioner_name = %s"

    sandbox.act_as("admin")
    assert [{"account_last4": "6789", "verification": "unverified"}] == sandbox.run(found, "Practitioner")
    assert [{"account_last4": None, "verification": "missing"}] == sandbox.run(found, "Other practitioner")

    verify = (
        "update public.practitioner_banking set verified = true, cooling_until = now() {} interval '1 day'"
    )
    for cooled, verification in (("+", "cooling"), ("-", "verified")):
        sandbox.act_as("owner")
        sandbox.run(verify.format(cooled))
        sandbox.act_as("admin")
        assert verification == sandbox.run(found, "Practitioner")[0]["verification"]


def test_cancellations_outlive_people_and_sessions(sandbox: Sandbox) -> None:
    """The line stays in the list when the names beside it are gone."""
    sandbox.act_as("admin")
    shown = "select client_name, practitioner_name, cancellation_type from public.admin_cancellations where id = %s"
    assert [
        {"client_name": "Client", "practitioner_name": "Practitioner", "cancellation_type": "standard"}
    ] == sandbox.run(shown, ROW)

    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_cancellations set session_id = null, user_id = null where user_id = %s", CLIENT
    )
    sandbox.act_as("admin")
    assert [{"client_name": None, "practitioner_name": None, "cancellation_type": "standard"}] == sandbox.run(
        shown, ROW
    )
