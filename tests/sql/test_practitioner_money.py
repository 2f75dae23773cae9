"""What practitioners sign for their earnings: dated by the server, and nobody's to rewrite."""

import pytest

from .conftest import ROW, Stage

SIGN = """update public.practitioner_contracts
             set signed_at = '2020-01-01', status = 'signed', ip_address = '192.0.2.1', user_agent = 'Browser'
           where id = %s returning signed_at = now()"""

# Contracts


def test_a_practitioner_signs_as_the_page_does(stage: Stage) -> None:
    """One update; the server dates it; nothing can be added afterwards."""
    stage.act_as("practitioner")
    assert stage.one(SIGN, ROW)

    assert [] == stage.run(SIGN, ROW)


@pytest.mark.parametrize("who", ["client", "stranger"])
def test_nobody_signs_for_another(stage: Stage, who: str) -> None:
    """The contract is not even there for them."""
    stage.act_as(who)
    assert [] == stage.run(SIGN, ROW)
    assert [] == stage.run("select id from public.practitioner_contracts where id = %s", ROW)


def test_an_admin_issues_and_ends_but_does_not_sign(stage: Stage) -> None:
    """Signing is the practitioner's, ending the admin's."""
    stage.act_as("admin")
    stage.run(
        """insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text)
           values (%s, '2', 'More.')""",
        ROW,
    )
    with stage.refused("signature_is_the_practitioners"):
        stage.run(SIGN, ROW)

    stage.act_as("practitioner")
    with stage.refused("contract_is_fixed"):
        stage.run("update public.practitioner_contracts set status = 'revoked' where id = %s", ROW)
    stage.run(SIGN, ROW)
    stage.act_as("admin")
    revoke = "update public.practitioner_contracts set status = 'revoked'{} where id = %s returning id"
    with stage.refused("reason_missing"):
        stage.run(revoke.format(""), ROW)
    assert stage.run(revoke.format(", revoked_reason = 'They moved away.'"), ROW)
    with stage.refused("contract_not_pending"):
        stage.run("update public.practitioner_contracts set status = 'signed' where id = %s", ROW)


def test_an_expired_offer_is_not_signed(stage: Stage) -> None:
    """Even if no job has marked it yet."""
    stage.act_as("admin")
    stage.run(
        "update public.practitioner_contracts set expires_at = now() - interval '1 minute' where id = %s", ROW
    )

    stage.act_as("practitioner")
    with stage.refused("contract_expired"):
        stage.run(SIGN, ROW)


@pytest.mark.parametrize("change", ["contract_text = 'We practise, you pay.'", "contract_version = '9'"])
def test_an_issued_contract_is_fixed(stage: Stage, change: str) -> None:
    """For people, for the service, and for whoever owns the table."""
    rewrite = f"update public.practitioner_contracts set {change} where id = %s"
    for who in ("practitioner", "admin"):
        stage.act_as(who)
        with stage.forbidden():
            stage.run(rewrite, ROW)
    for who in ("service", "owner"):
        stage.act_as(who)
        with stage.refused("contract_is_fixed"):
            stage.run(rewrite, ROW)


def test_a_signed_contract_is_kept(stage: Stage) -> None:
    """So is its practitioner, who is paused instead of deleted."""
    stage.act_as("practitioner")
    stage.run(SIGN, ROW)

    stage.act_as("owner")
    with stage.refused("evidence_is_kept"):
        stage.run("delete from public.practitioner_contracts where id = %s", ROW)
    stage.act_as("admin")
    with stage.refused("practitioner_is_kept"):
        stage.run("delete from public.practitioners where id = %s", ROW)


def test_the_facts_of_signing_stay(stage: Stage) -> None:
    """Neither an admin nor the service rewrites them; only erasing a person blanks who it was."""
    stage.act_as("practitioner")
    stage.run(SIGN, ROW)
    facts = "select signed_at = now() as today, ip_address, user_agent from public.practitioner_contracts where id = %s"

    for who in ("admin", "service"):
        stage.act_as(who)
        stage.run(
            """update public.practitioner_contracts set signed_at = null, ip_address = null, user_agent = 'x'
                where id = %s""",
            ROW,
        )
        assert [{"today": True, "ip_address": "192.0.2.1", "user_agent": "Browser"}] == stage.run(facts, ROW)

    stage.act_as("owner")
    stage.run(
        "update public.practitioner_contracts set ip_address = null, user_agent = null where id = %s", ROW
    )
    assert [{"today": True, "ip_address": None, "user_agent": None}] == stage.run(facts, ROW)
