"""What practitioners sign for their earnings: dated by the server, and nobody's to rewrite."""

import pytest

from .conftest import ROW, Sandbox

SIGN = """update public.practitioner_contracts
             set signed_at = '2020-01-01', status = 'signed', ip_address = '192.0.2.1', user_agent = 'Browser'
           where id = %s returning signed_at = now()"""

# Contracts


def test_a_practitioner_signs_as_the_page_does(sandbox: Sandbox) -> None:
    """One update; the server dates it; nothing can be added afterwards."""
    sandbox.act_as("practitioner")
    assert sandbox.one(SIGN, ROW)

    assert [] == sandbox.run(SIGN, ROW)


@pytest.mark.parametrize("who", ["client", "stranger"])
def test_nobody_signs_for_another(sandbox: Sandbox, who: str) -> None:
    """The contract is not even there for them."""
    sandbox.act_as(who)
    assert [] == sandbox.run(SIGN, ROW)
    assert [] == sandbox.run("select id from public.practitioner_contracts where id = %s", ROW)


def test_an_admin_issues_and_ends_but_does_not_sign(sandbox: Sandbox) -> None:
    """Signing is the practitioner's, ending the admin's."""
    sandbox.act_as("admin")
    sandbox.run(
        """insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text)
           values (%s, '2', 'More.')""",
        ROW,
    )
    with sandbox.refused("signature_is_the_practitioners"):
        sandbox.run(SIGN, ROW)

    sandbox.act_as("practitioner")
    with sandbox.refused("contract_is_fixed"):
        sandbox.run("update public.practitioner_contracts set status = 'revoked' where id = %s", ROW)
    sandbox.run(SIGN, ROW)
    sandbox.act_as("admin")
    revoke = "update public.practitioner_contracts set status = 'revoked'{} where id = %s returning id"
    with sandbox.refused("reason_missing"):
        sandbox.run(revoke.format(""), ROW)
    assert sandbox.run(revoke.format(", revoked_reason = 'They moved away.'"), ROW)
    with sandbox.refused("contract_not_pending"):
        sandbox.run("update public.practitioner_contracts set status = 'signed' where id = %s", ROW)


def test_an_expired_offer_is_not_signed(sandbox: Sandbox) -> None:
    """Even if no job has marked it yet."""
    sandbox.act_as("admin")
    sandbox.run(
        "update public.practitioner_contracts set expires_at = now() - interval '1 minute' where id = %s", ROW
    )

    sandbox.act_as("practitioner")
    with sandbox.refused("contract_expired"):
        sandbox.run(SIGN, ROW)


@pytest.mark.parametrize("change", ["contract_text = 'We practise, you pay.'", "contract_version = '9'"])
def test_an_issued_contract_does_not_change(sandbox: Sandbox, change: str) -> None:
    """For people, for the service, and for whoever owns the table."""
    rewrite = f"update public.practitioner_contracts set {change} where id = %s"
    for who in ("practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(rewrite, ROW)
    for who in ("service", "owner"):
        sandbox.act_as(who)
        with sandbox.refused("contract_is_fixed"):
            sandbox.run(rewrite, ROW)


def test_a_signed_contract_is_not_deleted(sandbox: Sandbox) -> None:
    """So is its practitioner, who is paused instead of deleted."""
    sandbox.act_as("practitioner")
    sandbox.run(SIGN, ROW)

    sandbox.act_as("owner")
    with sandbox.refused("evidence_is_kept"):
        sandbox.run("delete from public.practitioner_contracts where id = %s", ROW)
    sandbox.act_as("admin")
    with sandbox.refused("practitioner_is_kept"):
        sandbox.run("delete from public.practitioners where id = %s", ROW)


def test_the_facts_of_signing_do_not_change(sandbox: Sandbox) -> None:
    """Neither an admin nor the service rewrites them; only erasing a person blanks who it was."""
    sandbox.act_as("practitioner")
    sandbox.run(SIGN, ROW)
    facts = "select signed_at = now() as today, ip_address, user_agent from public.practitioner_contracts where id = %s"

    for who in ("admin", "service"):
        sandbox.act_as(who)
        sandbox.run(
            """update public.practitioner_contracts set signed_at = null, ip_address = null, user_agent = 'x'
                where id = %s""",
            ROW,
        )
        assert [{"today": True, "ip_address": "192.0.2.1", "user_agent": "Browser"}] == sandbox.run(
            facts, ROW
        )

    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_contracts set ip_address = null, user_agent = null where id = %s", ROW
    )
    assert [{"today": True, "ip_address": None, "user_agent": None}] == sandbox.run(facts, ROW)
