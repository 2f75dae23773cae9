"""One version of the waiver is active, at every moment, and no version is ever rewritten."""

import threading

import psycopg
import pytest

from sql.throwaway import Server

from .conftest import Sandbox

ACTIVE = "select version from public.waiver_policy where is_active"


def test_the_seeded_waiver_has_a_place_for_the_date(sandbox: Sandbox) -> None:
    """The page replaces it by the day of signing."""
    assert "[Date of signing]" in sandbox.one("select policy_text from public.waiver_policy where is_active")


def test_the_admin_page_switches_versions_in_two_requests(sandbox: Sandbox) -> None:
    """The first is accepted and changes nothing, the second switches: there is no moment without a waiver."""
    sandbox.act_as("admin")

    assert sandbox.run("update public.waiver_policy set is_active = false where version = 1 returning id")
    assert 1 == sandbox.one(ACTIVE)
    sandbox.run(
        "insert into public.waiver_policy (version, policy_text, is_active) values (2, 'Newer.', true)"
    )
    assert 2 == sandbox.one(ACTIVE)

    sandbox.run("update public.waiver_policy set is_active = true where version = 1")
    assert 1 == sandbox.one(ACTIVE)


def test_an_inactive_version_replaces_nothing(sandbox: Sandbox) -> None:
    """A draft waits."""
    sandbox.act_as("admin")
    sandbox.run(
        "insert into public.waiver_policy (version, policy_text, is_active) values (2, 'Draft.', false)"
    )

    assert 1 == sandbox.one(ACTIVE)
    sandbox.act_as("client")
    assert 1 == sandbox.one("select count(*) from public.waiver_policy")


@pytest.mark.parametrize("change", ["policy_text = 'You win.'", "version = 7"])
def test_no_version_is_rewritten(sandbox: Sandbox, change: str) -> None:
    """Not by an admin, not with the secret key, not by the owner of the table."""
    sandbox.act_as("admin")
    with sandbox.forbidden():
        sandbox.run(f"update public.waiver_policy set {change}")
    for who in ("service", "owner"):
        sandbox.act_as(who)
        with sandbox.refused("policy_version_is_fixed"):
            sandbox.run(f"update public.waiver_policy set {change} where version = 1")


def test_the_active_version_is_not_deleted(sandbox: Sandbox) -> None:
    """Nor is one that somebody signed."""
    sandbox.act_as("owner")
    with sandbox.refused("policy_version_is_active"):
        sandbox.run("delete from public.waiver_policy where is_active")

    sandbox.run("insert into public.waiver_policy (version, policy_text) values (2, 'Newer.')")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run("delete from public.waiver_policy where version = 1")


def test_the_hash_is_of_the_text(sandbox: Sandbox) -> None:
    """By whoever computes it."""
    assert sandbox.one(
        """select policy_text_sha256 = encode(sha256(convert_to(policy_text, 'UTF8')), 'hex')
             from public.waiver_policy where is_active"""
    )


def test_ten_admins_at_once_leave_one_active_version(postgres: Server) -> None:
    """Ten of them: somebody wins, nobody breaks the rule."""
    url = postgres.build("switched")
    ready = threading.Barrier(10)

    def switch(version: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            ready.wait()
            try:
                connection.execute(
                    "insert into public.waiver_policy (version, policy_text) values (%s, 'New.')", (version,)
                )
            except psycopg.errors.UniqueViolation:
                pass  # lost

    threads = [threading.Thread(target=switch, args=(version,)) for version in range(2, 12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with psycopg.connect(url) as connection:
        assert [(1,)] == connection.execute(
            "select count(*) from public.waiver_policy where is_active"
        ).fetchall()
        assert [(1,)] != connection.execute("select count(*) from public.waiver_policy").fetchall()


def test_the_cancellation_policy_keeps_the_same_rules(sandbox: Sandbox) -> None:
    """Two hours, one grace; people agreed to a version, so it stays."""
    sandbox.act_as("client")
    assert [
        {"standard_cancellation_hours": 2, "late_cancellation_hours": 2, "grace_cancellations_allowed": 1}
    ] == sandbox.run(
        """select standard_cancellation_hours, late_cancellation_hours, grace_cancellations_allowed
             from public.cancellation_policy where is_active"""
    )

    sandbox.act_as("admin")
    sandbox.run("update public.cancellation_policy set is_active = false where is_active")
    sandbox.run(
        "insert into public.cancellation_policy (policy_text, standard_cancellation_hours) values ('Newer.', 12)"
    )
    assert 12 == sandbox.one(
        "select standard_cancellation_hours from public.cancellation_policy where is_active"
    )
    sandbox.act_as("service")
    with sandbox.refused("policy_version_is_fixed"):
        sandbox.run("update public.cancellation_policy set late_cancellation_fee_usd = 0 where is_active")
