"""What the platform left open is closed, and what its pages call still answers."""

import pytest

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox

# What the pages read, by whom. Each must succeed as it is, "every column" included.
PAGES = [
    ("anon", "select * from session_types where is_active order by duration_minutes"),
    ("anon", "select * from products where is_active"),
    ("client", "select * from studio_locations where is_active order by name"),
    ("client", "select * from practitioners where available"),
    ("client", "select * from session_packages where is_active order by session_count"),
    ("client", "select * from waiver_policy where is_active"),
    ("client", "select * from cancellation_policy where is_active"),
    ("client", "select * from session_schedules where client_id = auth.uid()"),
    (
        "client",
        "select * from user_session_credits where user_id = auth.uid() and not grace_cancellation_used",
    ),
    ("client", "select * from session_payments where client_id = auth.uid()"),
    ("client", "select * from action_recommendations where not completed order by due_date limit 5"),
    (
        "client",
        "select id, recording_url, status from session_recordings where session_id = gen_random_uuid()",
    ),
    ("client", "select count(*) from meditation_memories"),
    ("client", "select currency, country from user_preferences"),
    ("practitioner", "select * from practitioners where user_id = auth.uid()"),
    ("practitioner", "select * from practitioner_availability"),
    ("practitioner", "select client_id from practitioner_assignments"),
    ("practitioner", "select id, full_name, email from profiles"),
    ("practitioner", "select * from practitioner_banking"),
    (
        "practitioner",
        "select * from practitioner_contracts where status = 'pending' order by created_at desc",
    ),
    (
        "admin",
        "select * from session_schedules where max_participants > 1 and notes not like 'Joined group class%%'",
    ),
    ("admin", "select * from user_roles"),
]


@pytest.mark.parametrize(("who", "query"), PAGES)
def test_the_pages_still_read_everything_they_read_before(sandbox: Sandbox, who: str, query: str) -> None:
    """Column privileges and policies leave every select of the frontend as it was."""
    sandbox.act_as(who)
    sandbox.run("set local search_path = public")

    sandbox.run(query.replace("%%", "%"))


@pytest.mark.parametrize("who", ["anon", "client", "practitioner", "admin"])
def test_nobody_makes_themself_admin(sandbox: Sandbox, who: str) -> None:
    """The functions that make admins answer the secret key alone."""
    sandbox.act_as(who)

    with sandbox.forbidden():
        sandbox.one("select public.assign_admin_role('client@demo.test')")
    with sandbox.forbidden():
        sandbox.one("select public.assign_admin_role_by_id(%s)", CLIENT)


def test_the_operator_makes_the_first_admin(sandbox: Sandbox) -> None:
    """With the secret key, by e-mail or id."""
    sandbox.act_as("service")

    assert sandbox.one("select public.assign_admin_role('client@demo.test')")["success"]
    assert not sandbox.one("select public.assign_admin_role('nobody@demo.test')")["success"]

    sandbox.act_as("client")
    assert sandbox.one("select public.has_role(%s, 'admin')", CLIENT)


def test_people_read_only_their_own_roles_and_admins_all(sandbox: Sandbox) -> None:
    """Everybody learns their own roles; only admins learn others'."""
    sandbox.act_as("admin")
    assert sandbox.one("select public.has_role(%s, 'admin')", ADMIN)
    assert sandbox.one("select public.has_role(%s, 'practitioner')", PRACTITIONER)

    sandbox.act_as("client")
    assert not sandbox.one("select public.has_role(%s, 'admin')", CLIENT)
    assert not sandbox.one("select public.has_role(%s, 'admin')", ADMIN)


def test_only_admins_find_people_by_email(sandbox: Sandbox) -> None:
    """Anybody else does not even learn whether there is such a person."""
    sandbox.act_as("admin")
    assert CLIENT == str(sandbox.one("select public.get_user_id_by_email('CLIENT@demo.test')"))

    sandbox.act_as("client")
    for email in ("practitioner@demo.test", "nobody@demo.test"):
        with sandbox.refused("admins_only"):
            sandbox.one("select public.get_user_id_by_email(%s)", email)
    sandbox.act_as("anon")
    with sandbox.forbidden():
        sandbox.one("select public.get_user_id_by_email('client@demo.test')")


def test_the_credits_of_others_add_up_to_nothing(sandbox: Sandbox) -> None:
    """One's own add up as before."""
    sandbox.act_as("client")
    assert 3 == sandbox.one("select total_credits from public.get_user_credits(%s)", CLIENT)

    sandbox.act_as("other")
    assert 0 == sandbox.one("select total_credits from public.get_user_credits(%s)", CLIENT)


def test_nobody_forges_an_audit_line(sandbox: Sandbox) -> None:
    """Neither through the function nor into the table; and the service's own mistakes are errors."""
    sandbox.act_as("client")
    with sandbox.forbidden():
        sandbox.one("select public.log_audit_event(%s, 'LOGIN', 'auth')", ADMIN)

    sandbox.act_as("service")
    sandbox.one("select public.log_audit_event(%s, 'LOGIN', 'auth')", ADMIN)
    with pytest.raises(Exception, match="audit_logs_action_check"), sandbox.undone():
        sandbox.one("select public.log_audit_event(%s, 'NONSENSE', 'auth')", ADMIN)


def test_the_audit_log_keeps_changes_but_no_bank_data(sandbox: Sandbox) -> None:
    """Who became admin is a line; a bank account is a line without the account."""
    sandbox.act_as("admin")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", OTHER_CLIENT)
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_banking set bank_name = 'Planted Bank', account_last4 = '9182'")

    made = sandbox.run(
        "select user_id, metadata from public.audit_logs where table_name = 'user_roles' and action = 'INSERT'"
    )
    assert (ADMIN, "admin") in [(str(line["user_id"]), line["metadata"]["data"]["role"]) for line in made]
    bank = sandbox.one(
        "select string_agg(metadata::text, ' ') from public.audit_logs where table_name = 'practitioner_banking'"
    )
    assert '"operation": "UPDATE"' in bank
    assert "Planted" not in bank
    assert '"9182"' not in bank


def test_a_paused_practitioner_can_come_back(sandbox: Sandbox) -> None:
    """Paused, they keep their own pages, vanish from the list, and stay a name to those who have a session."""
    sandbox.act_as("practitioner")
    assert sandbox.run(
        "update public.practitioners set available = false where user_id = auth.uid() returning id"
    )
    assert sandbox.run("select id from public.session_schedules")
    assert sandbox.run("select id from public.practitioner_banking")

    sandbox.act_as("client")
    assert sandbox.run("select name from public.practitioners where id = %s", ROW)
    sandbox.act_as("other")
    assert not sandbox.run("select name from public.practitioners where id = %s", ROW)

    sandbox.act_as("practitioner")
    assert sandbox.run(
        "update public.practitioners set available = true where user_id = auth.uid() returning id"
    )


def test_an_update_of_credits_changes_nothing_without_an_error(sandbox: Sandbox) -> None:
    """The pages send such an update while joining a class: an error would stop them half-way."""
    sandbox.act_as("client")

    assert [] == sandbox.run("update public.user_session_credits set credits_remaining = 99 returning id")


def test_access_is_granted_only_to_ones_own_sessions(sandbox: Sandbox) -> None:
    """Somebody else's session is not mine to show around."""
    sandbox.act_as("other")
    grant = """insert into public.access_grants (grantor_id, grantee_id, resource_type, resource_id, permission)
               values (auth.uid(), %s, 'session', %s, 'read')"""

    with sandbox.forbidden():
        sandbox.run(grant, PRACTITIONER, ROW)


def test_a_consent_is_dated_by_the_server(sandbox: Sandbox) -> None:
    """Withdrawn and given again, it holds again; when, nobody can make up."""
    sandbox.act_as("client")
    upsert = """insert into public.user_consents (user_id, consent_type, consented) values (auth.uid(), 'analytics', %s)
                on conflict (user_id, consent_type) do update set consented = excluded.consented
                returning consent_date = now() as now, revoked_at is not null as revoked"""

    assert [{"now": True, "revoked": False}] == sandbox.run(upsert, True)
    assert [{"now": True, "revoked": True}] == sandbox.run(upsert, False)
    assert not sandbox.one("select public.has_consent(%s, 'analytics')", CLIENT)
    assert [{"now": True, "revoked": False}] == sandbox.run(upsert, True)
    assert sandbox.one("select public.has_consent(%s, 'analytics')", CLIENT)
    with sandbox.forbidden():
        sandbox.run("update public.user_consents set consent_date = '2020-01-01'")


def test_only_an_admin_assigns_clients(sandbox: Sandbox) -> None:
    """It opens the client's profile, so a practitioner cannot take it, nor by a session of their own making."""
    sandbox.act_as("stranger")
    own = "20000000-0000-4000-8000-000000000002"

    with sandbox.forbidden():
        sandbox.run(
            "insert into public.practitioner_assignments (practitioner_id, client_id) values (%s, %s)",
            own,
            ADMIN,
        )
    with sandbox.forbidden():
        sandbox.run(
            """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name)
               values (%s, %s, now(), 'mine')""",
            own,
            ADMIN,
        )


def test_memories_are_found_by_meaning_among_the_callers_own(sandbox: Sandbox) -> None:
    """The function had never worked; now it does, for whoever owns the memory."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.meditation_memories set embedding = array_fill(0.5, array[1536])::extensions.vector"
    )
    search = "select content from public.match_memories(array_fill(0.4, array[1536])::extensions.vector, %s)"

    sandbox.act_as("client")
    assert [{"content": "A quiet morning."}] == sandbox.run(search, CLIENT)
    sandbox.act_as("other")
    assert [] == sandbox.run(search, CLIENT)


def test_expired_records_are_listed(sandbox: Sandbox) -> None:
    """For a table whose rule deletes by itself; the baseline's function failed there."""
    sandbox.act_as("owner")
    sandbox.run("update public.session_notes set created_at = now() - interval '8 years'")
    expired = "select record_id::text from public.get_expired_records('session_notes')"
    sandbox.act_as("service")
    assert [] == sandbox.run(expired)

    sandbox.run(
        "update public.data_retention_policies set auto_delete = true where table_name = 'session_notes'"
    )
    assert [{"record_id": ROW}] == sandbox.run(expired)
