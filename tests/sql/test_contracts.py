"""Contracts as rows: evidence that stays, a history that nobody writes, and who may be booked without one."""

import hashlib
from typing import Any

import psycopg
import pytest

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox

SIGN = (
    "select * from public.sign_practitioner_contract(%s, ip_address => '192.0.2.7', user_agent => 'Browser')"
)


def sign(sandbox: Sandbox) -> dict[str, Any]:
    """The practitioner signs through the function."""
    sandbox.act_as("service")
    (signed,) = sandbox.run(SIGN, PRACTITIONER)
    return signed


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


# A live contract as a condition


@pytest.fixture
def booking_refusals(sandbox: Sandbox) -> Any:
    """Why each of the two practitioners cannot be booked in twenty days, as the client reads it, or None."""
    sandbox.act_as("owner")
    at = "date_trunc('day', now()) + interval '20 days 12 hours'"
    sandbox.run("delete from public.availability_exceptions")
    sandbox.run("update public.practitioner_calendars set booking_horizon_days = 60, time_zone = 'UTC'")
    sandbox.run("update public.practitioner_calendars set is_always_open = true")

    def ask() -> list[str | None]:
        sandbox.act_as("owner")
        return [
            row["reason"]
            for row in sandbox.run(
                f"""select private.get_unbookable_reason(p.id, {at}, 60, %s) as reason
                      from public.practitioners p order by p.id""",
                CLIENT,
            )
        ]

    return ask


def need_contracts(sandbox: Sandbox) -> None:
    sandbox.act_as("admin")
    sandbox.run("update public.contract_rules set live_contract_needed = true")


def test_nobody_needs_a_contract_until_an_admin_requires_one(sandbox: Sandbox, booking_refusals: Any) -> None:
    """The second practitioner has signed, the first has not."""
    assert [None, None] == booking_refusals()

    need_contracts(sandbox)
    assert ["practitioner_unavailable", None] == booking_refusals()
    sign(sandbox)
    assert [None, None] == booking_refusals()
    sandbox.act_as("admin")
    sandbox.run(
        "update public.practitioner_contracts set status = 'revoked', revoked_reason = 'Over.' where id = %s",
        ROW,
    )
    assert ["practitioner_unavailable", None] == booking_refusals()


@pytest.mark.parametrize(("ends_in", "reason"), [("19 days", "practitioner_unavailable"), ("30 days", None)])
def test_the_contract_must_still_be_valid_when_the_session_ends(
    sandbox: Sandbox, booking_refusals: Any, ends_in: str, reason: str | None
) -> None:
    """A contract that ends before the session is none for it."""
    sandbox.act_as("admin")
    sandbox.run(
        f"update public.practitioner_contracts set expires_at = now() + interval '{ends_in}' where id = %s",
        ROW,
    )
    sign(sandbox)
    need_contracts(sandbox)

    assert [reason, None] == booking_refusals()


def test_slots_classes_and_bookings_apply_the_same_rule(sandbox: Sandbox, booking_refusals: Any) -> None:
    """A practitioner without a contract is not offered, held or joined; a client who has a seat keeps it."""
    kind = "select id from public.session_types where {} is_group and is_active order by duration_minutes limit 1"
    one, group = sandbox.one(kind.format("not")), sandbox.one(kind.format(""))
    starts = "date_trunc('day', now()) + interval '20 days 15 hours'"
    group_class = sandbox.one(
        f"""insert into public.session_schedules
              (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, max_participants)
            select %s, %s, {starts}, duration_minutes, 'a-class', 5 from public.session_types where id = %s
            returning id""",
        *(ROW, ADMIN, group),
    )

    def offered() -> list[int]:
        sandbox.act_as("client")
        slots = """select coalesce(sum(cardinality(s.slots)), 0)::integer from public.get_available_slots(
                     %s, (now() + interval '20 days')::date, (now() + interval '20 days')::date, 'UTC', %s) s"""
        return [min(1, sandbox.one(slots, each, ROW)) for each in (one, group)]

    assert [1, 1] == offered()
    need_contracts(sandbox)
    assert [0, 0] == offered()
    hold = "select public.hold_slot(%s, {}, %s{})"
    with sandbox.refused("practitioner_unavailable"):
        sandbox.run(hold.format(starts, ""), ROW, one)
    with sandbox.refused("practitioner_unavailable"):
        sandbox.run(hold.format(starts, f", group_class_id => '{group_class}'"), ROW, group)

    sign(sandbox)
    assert [1, 1] == offered()


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
