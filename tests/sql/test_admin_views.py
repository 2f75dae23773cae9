"""What admins look through: a list of each kind, whole for them and empty for everybody else."""

import pytest

from .conftest import ADMIN, CLIENT, ROW, Stage

# Each view, and the table that its rows are of.
VIEWS = {
    "admin_waivers": "liability_waivers",
    "admin_recordings": "session_recordings",
    "admin_contracts": "practitioner_contracts",
    "admin_banking": "practitioners",
    "admin_cancellations": "session_cancellations",
}


@pytest.mark.parametrize("view", VIEWS)
def test_an_admin_finds_every_row_and_nobody_else_one(stage: Stage, view: str) -> None:
    """Not even of their own: those stand in the tables."""
    stage.act_as("admin")
    rows = stage.one(f"select count(*) from public.{VIEWS[view]}")
    assert rows == stage.one(f"select count(*) from public.{view}") > 0

    for who in ("client", "other", "practitioner", "stranger"):
        stage.act_as(who)
        assert [] == stage.run(f"select * from public.{view}"), who
    for who in ("anon", "service"):
        stage.act_as(who)
        with stage.forbidden():
            stage.run(f"select * from public.{view}")


def test_waivers_say_whose_and_which_version(stage: Stage) -> None:
    """And whether it is the one that counts; when a new version comes, it is not any more."""
    stage.act_as("admin")
    current = "select client_name, client_email, waiver_policy_version as version, is_current from public.admin_waivers"
    signed = {"client_name": "Client", "client_email": "client@demo.test", "version": 1}
    assert [signed | {"is_current": True}] == stage.run(f"{current} where session_id = %s", ROW)

    stage.run("insert into public.waiver_policy (version, policy_text) values (2, 'New')")
    assert [signed | {"is_current": False}] == stage.run(f"{current} where not is_current")


def test_recordings_count_who_watched(stage: Stage) -> None:
    """Of a class's own recording no client is named: the row's is an admin."""
    stage.act_as("admin")
    shown = (
        "select client_name, practitioner_name, is_group, views from public.admin_recordings where id = %s"
    )
    assert [
        {"client_name": "Client", "practitioner_name": "Practitioner", "is_group": False, "views": 1}
    ] == stage.run(shown, ROW)

    stage.act_as("owner")
    stage.run(
        "update public.session_schedules set max_participants = 5, client_id = %s where id = %s", ADMIN, ROW
    )
    stage.act_as("admin")
    assert [{"client_name": None, "is_group": True}] == stage.run(
        "select client_name, is_group from public.admin_recordings where id = %s", ROW
    )


def test_contracts_say_which_are_live(stage: Stage) -> None:
    """Signed and not past their end, whether a job has marked it or not."""
    state = "select status, is_live, is_observed from public.admin_contracts where id = %s"
    stage.act_as("admin")
    assert [{"status": "pending", "is_live": False, "is_observed": None}] == stage.run(state, ROW)
    stage.run(
        "update public.practitioner_contracts set expires_at = now() + interval '1 hour' where id = %s", ROW
    )

    stage.act_as("practitioner")
    stage.run("update public.practitioner_contracts set status = 'signed' where id = %s", ROW)
    stage.act_as("admin")
    assert [{"status": "signed", "is_live": True, "is_observed": False}] == stage.run(state, ROW)


def test_banking_shows_four_digits_and_what_is_to_be_done(stage: Stage) -> None:
    """Also of practitioners who have no account here."""
    stage.act_as("owner")
    stage.run("update public.practitioner_banking set account_last4 = '6789' where practitioner_id = %s", ROW)
    found = "select account_last4, verification from public.admin_banking where practitioner_name = %s"

    stage.act_as("admin")
    assert [{"account_last4": "6789", "verification": "unverified"}] == stage.run(found, "Practitioner")
    assert [{"account_last4": None, "verification": "missing"}] == stage.run(found, "Other practitioner")

    verify = (
        "update public.practitioner_banking set verified = true, cooling_until = now() {} interval '1 day'"
    )
    for cooled, verification in (("+", "cooling"), ("-", "verified")):
        stage.act_as("owner")
        stage.run(verify.format(cooled))
        stage.act_as("admin")
        assert verification == stage.run(found, "Practitioner")[0]["verification"]


def test_cancellations_outlive_people_and_sessions(stage: Stage) -> None:
    """The line stays in the list when the names beside it are gone."""
    stage.act_as("admin")
    shown = "select client_name, practitioner_name, cancellation_type from public.admin_cancellations where id = %s"
    assert [
        {"client_name": "Client", "practitioner_name": "Practitioner", "cancellation_type": "standard"}
    ] == stage.run(shown, ROW)

    stage.act_as("owner")
    stage.run(
        "update public.session_cancellations set session_id = null, user_id = null where user_id = %s", CLIENT
    )
    stage.act_as("admin")
    assert [{"client_name": None, "practitioner_name": None, "cancellation_type": "standard"}] == stage.run(
        shown, ROW
    )
