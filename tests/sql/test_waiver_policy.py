"""One version of the waiver is active, at every moment, and no version is ever rewritten."""

import threading

import psycopg
import pytest

from sql.throwaway import Server

from .conftest import Stage

ACTIVE = "select version from public.waiver_policy where is_active"


def test_the_seeded_waiver_has_a_place_for_the_date(stage: Stage) -> None:
    """The page replaces it by the day of signing."""
    assert "[Date of signing]" in stage.one("select policy_text from public.waiver_policy where is_active")


def test_the_admin_page_switches_in_two_requests(stage: Stage) -> None:
    """The first is accepted and changes nothing, the second switches: there is no moment without a waiver."""
    stage.act_as("admin")

    assert stage.run("update public.waiver_policy set is_active = false where version = 1 returning id")
    assert 1 == stage.one(ACTIVE)
    stage.run("insert into public.waiver_policy (version, policy_text, is_active) values (2, 'Newer.', true)")
    assert 2 == stage.one(ACTIVE)

    stage.run("update public.waiver_policy set is_active = true where version = 1")
    assert 1 == stage.one(ACTIVE)


def test_an_inactive_version_replaces_nothing(stage: Stage) -> None:
    """A draft waits."""
    stage.act_as("admin")
    stage.run(
        "insert into public.waiver_policy (version, policy_text, is_active) values (2, 'Draft.', false)"
    )

    assert 1 == stage.one(ACTIVE)
    stage.act_as("client")
    assert 1 == stage.one("select count(*) from public.waiver_policy")


@pytest.mark.parametrize("change", ["policy_text = 'You win.'", "version = 7"])
def test_no_version_is_rewritten(stage: Stage, change: str) -> None:
    """Not by an admin, not with the secret key, not by the owner of the table."""
    stage.act_as("admin")
    with stage.forbidden():
        stage.run(f"update public.waiver_policy set {change}")
    for who in ("service", "owner"):
        stage.act_as(who)
        with stage.refused("policy_version_is_fixed"):
            stage.run(f"update public.waiver_policy set {change} where version = 1")


def test_the_active_version_is_not_deleted(stage: Stage) -> None:
    """Nor is one that somebody signed."""
    stage.act_as("owner")
    with stage.refused("policy_version_is_active"):
        stage.run("delete from public.waiver_policy where is_active")

    stage.run("insert into public.waiver_policy (version, policy_text) values (2, 'Newer.')")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), stage.undone():
        stage.run("delete from public.waiver_policy where version = 1")


def test_the_hash_is_of_the_text(stage: Stage) -> None:
    """By whoever computes it."""
    assert stage.one(
        """select policy_text_sha256 = encode(sha256(convert_to(policy_text, 'UTF8')), 'hex')
             from public.waiver_policy where is_active"""
    )


def test_two_admins_at_once_leave_one_active_version(postgres: Server) -> None:
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


def test_the_cancellation_policy_keeps_the_same_rules(stage: Stage) -> None:
    """Two hours, one grace; people agreed to a version, so it stays."""
    stage.act_as("client")
    assert [
        {"standard_cancellation_hours": 2, "late_cancellation_hours": 2, "grace_cancellations_allowed": 1}
    ] == stage.run(
        """select standard_cancellation_hours, late_cancellation_hours, grace_cancellations_allowed
             from public.cancellation_policy where is_active"""
    )

    stage.act_as("admin")
    stage.run("update public.cancellation_policy set is_active = false where is_active")
    stage.run(
        "insert into public.cancellation_policy (policy_text, standard_cancellation_hours) values ('Newer.', 12)"
    )
    assert 12 == stage.one(
        "select standard_cancellation_hours from public.cancellation_policy where is_active"
    )
    stage.act_as("service")
    with stage.refused("policy_version_is_fixed"):
        stage.run("update public.cancellation_policy set late_cancellation_fee_usd = 0 where is_active")
