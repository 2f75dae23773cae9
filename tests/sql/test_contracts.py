"""Contracts as rows: evidence that stays, and a history that nobody writes."""

import hashlib

import psycopg
import pytest

from .conftest import ADMIN, CLIENT, ROW, Sandbox
from .contract_steps import sign

# Templates


def test_a_published_template_never_changes(sandbox: Sandbox) -> None:
    """No admin edits it, and it stays for the contracts that came from it."""
    sandbox.act_as("admin")
    with sandbox.forbidden():
        sandbox.run("update public.contract_templates set body = 'Other.'")
    with sandbox.forbidden():
        sandbox.run("delete from public.contract_templates")
    with pytest.raises(psycopg.errors.UniqueViolation), sandbox.undone():
        sandbox.run(
            "insert into public.contract_templates (version, title, body) values (1, 'Again', 'Again.')"
        )
    sandbox.run(
        """insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text, template_id)
           values (%s, '1.1', 'More.', %s)""",
        *(ROW, ROW),
    )
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run("delete from public.contract_templates")


def test_issuing_to_all_reaches_available_practitioners_without_a_contract(sandbox: Sandbox) -> None:
    """The newest version; a second call changes nothing, and each is notified once."""
    sandbox.act_as("admin")
    sandbox.run(
        """insert into public.contract_templates (version, title, body)
           values (2, 'Terms', 'Dear [Name of practitioner].')"""
    )
    everybody = "select * from public.issue_practitioner_contract()"

    (first,) = sandbox.run(everybody)
    (again,) = sandbox.run(everybody)

    # The other practitioner has signed version 1, and that stays beside the offer of version 2.
    assert ("2", 2, 0, 1) == (
        first["contract_version"],
        len(first["issued"]),
        first["already_issued"],
        first["replaced"],
    )
    assert ([], 2, 0) == (again["issued"], again["already_issued"], again["replaced"])
    assert 1 == sandbox.one(
        "select count(*) from public.practitioner_contracts where contract_text = 'Dear Other practitioner.'"
    )
    sandbox.act_as("owner")
    assert 2 == sandbox.one(
        "select count(*) from private.outbox where kind = 'contract_issued' and payload ->> 'contract_version' = '2'"
    )


# Evidence


def test_the_evidence_is_set_by_the_server(sandbox: Sandbox) -> None:
    """When, over which text and by whom follows from the clock, the contract and the account."""
    signed = sign(sandbox)

    (evidence,) = sandbox.run("select * from public.contract_signatures where contract_id = %s", ROW)
    assert (
        hashlib.sha256(b"You practise, we pay.").hexdigest()
        == evidence["text_sha256"]
        == signed["text_sha256"]
    )
    assert ("Practitioner", "practitioner@demo.test", True) == (
        evidence["signer_name"],
        evidence["signer_email"],
        evidence["is_observed"],
    )
    assert sandbox.one("select signed_at = now() from public.practitioner_contracts where id = %s", ROW)


def test_the_service_does_not_sign_without_evidence(sandbox: Sandbox) -> None:
    """Neither does an operator: whoever marks a contract as signed is its practitioner, or has the evidence."""
    for who in ("service", "owner"):
        sandbox.act_as(who)
        with sandbox.refused("signature_is_the_practitioners"):
            sandbox.run("update public.practitioner_contracts set status = 'signed' where id = %s", ROW)


@pytest.mark.parametrize("who", ["practitioner", "admin", "service"])
def test_nobody_changes_or_deletes_evidence(sandbox: Sandbox, who: str) -> None:
    """Neither grant nor policy allows it to anybody."""
    sign(sandbox)
    sandbox.act_as(who)
    for table in ("contract_signatures", "contract_events"):
        for attempt in (
            f"update public.{table} set contract_id = contract_id",
            f"delete from public.{table}",
        ):
            with sandbox.forbidden():
                sandbox.run(attempt)


def test_the_owner_of_the_tables_does_not_change_evidence_either(sandbox: Sandbox) -> None:
    """By trigger: text, dates, people, hashes; one row or all."""
    sign(sandbox)
    sandbox.act_as("owner")
    for attempt in (
        "update public.contract_signatures set text_sha256 = ''",
        "update public.contract_signatures set signed_at = '2020-01-01'",
        "update public.contract_signatures set ip_address = '203.0.113.9'",
        "update public.contract_signatures set evidence_sha256 = 'x'",
        "delete from public.contract_signatures",
        "truncate public.contract_signatures",
        "update public.contract_events set reason = 'Another'",
        "delete from public.contract_events",
        "truncate public.contract_events",
    ):
        with sandbox.refused("evidence_is_kept"):
            sandbox.run(attempt)


def test_evidence_outlives_the_account(sandbox: Sandbox) -> None:
    """Nothing cascades: with their contract a practitioner is kept, and without an account the evidence stays.

    Only an offer that nobody answered goes, with the one event it has.
    """
    sign(sandbox)
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run("delete from public.practitioners where id = %s", ROW)
    keeps = sandbox.run(
        """select c.confdeltype from pg_constraint c
            where c.contype = 'f' and c.conrelid::regclass::text in ('contract_signatures', 'contract_events',
                                              'public.contract_signatures', 'public.contract_events')"""
    )
    assert ["a", "c"] == sorted(row["confdeltype"] for row in keeps)
    with sandbox.refused("evidence_is_kept"):
        sandbox.run("delete from public.practitioner_contracts where id = %s", ROW)


def test_erasing_a_person_leaves_the_evidence_verifiable(sandbox: Sandbox) -> None:
    """What identifies them may be blanked, once and for all; hashes stay, and the copy is still confirmed."""
    signed = sign(sandbox)
    sandbox.act_as("owner")
    sandbox.run(
        """update public.contract_signatures
              set signer_name = null, signer_email = null, ip_address = null, user_agent = null
            where contract_id = %s""",
        ROW,
    )

    with sandbox.refused("evidence_is_kept"):
        sandbox.run(
            "update public.contract_signatures set signer_name = 'Another' where contract_id = %s", ROW
        )
    sandbox.act_as("service")
    assert "valid" == sandbox.one("select status from public.verify_signature(%s)", signed["evidence_sha256"])


def test_waivers_are_sealed_like_contracts(sandbox: Sandbox) -> None:
    """Who the account was on the day, and one hash over all of it; an erasure takes the name and leaves the hash."""
    sandbox.act_as("service")
    waiver = sandbox.one(
        """insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)
           select %s, 'I accept.', p.id, p.version from public.waiver_policy p where p.is_active returning id""",
        CLIENT,
    )
    facts = "select signer_name, signer_email, evidence_sha256 from public.liability_waivers where id = %s"
    (before,) = sandbox.run(facts, waiver)
    assert ("Client", "client@demo.test") == (before["signer_name"], before["signer_email"])
    assert [("waiver", "valid")] == [
        (row["kind"], row["status"])
        for row in sandbox.run("select * from public.verify_signature(%s)", before["evidence_sha256"])
    ]
    sandbox.act_as("admin")
    sandbox.run("insert into public.waiver_policy (version, policy_text) values (2, 'Newer.')")
    sandbox.act_as("service")
    assert "superseded" == sandbox.one(
        "select status from public.verify_signature(%s)", before["evidence_sha256"]
    )

    sandbox.act_as("owner")
    sandbox.run(
        "update public.liability_waivers set signer_name = null, signer_email = null where id = %s", waiver
    )
    assert [before | {"signer_name": None, "signer_email": None}] == sandbox.run(facts, waiver)


# What happens to a contract


def test_an_admin_ends_a_contract_with_a_reason(sandbox: Sandbox) -> None:
    """The reason is kept with it, sent to the practitioner, and cannot be added or changed afterwards."""
    sign(sandbox)
    sandbox.act_as("admin")
    reason = "update public.practitioner_contracts set revoked_reason = 'They moved away.' where id = %s"
    with sandbox.refused("contract_is_fixed"):
        sandbox.run(reason, ROW)
    with sandbox.refused("contract_is_fixed"):
        sandbox.run("update public.practitioner_contracts set expires_at = '2040-01-01' where id = %s", ROW)
    sandbox.run(reason.replace("set ", "set status = 'revoked', "), ROW)
    with sandbox.refused("contract_is_fixed"):
        sandbox.run(reason.replace("away", "back"), ROW)

    sandbox.act_as("practitioner")
    happened = sandbox.run(
        "select event, caused_by::text as by from public.contract_events where contract_id = %s order by id",
        ROW,
    )
    assert [("issued", None), ("signed", None), ("revoked", ADMIN)] == [
        (e["event"], e["by"]) for e in happened
    ]
    assert "They moved away." == sandbox.one(
        "select reason from public.contract_events where contract_id = %s and event = 'revoked'", ROW
    )
