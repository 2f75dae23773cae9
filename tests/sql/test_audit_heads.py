"""Heads of the audit chain, as they are mailed: each run proves that the chain leads through the one before."""

from typing import Any

import pytest

from deploy import audit

from .conftest import Sandbox
from .test_audit_log import findings, without_triggers, write

BROKEN = "select rule from private.broken_invariants where rule like '%audit log%'"


def claim(sandbox: Sandbox) -> dict[str, Any]:
    """As send-notifications asks."""
    findings(sandbox)  # seals, as each commit does
    sandbox.act_as("service")
    (row,) = sandbox.run("select * from public.claim_audit_head()")
    return row


def mail(sandbox: Sandbox) -> dict[str, Any]:
    head = claim(sandbox)
    assert head["day"]
    sandbox.run("select * from public.mark_audit_head_mailed(%s)", head["day"])
    return head


def let_a_day_pass(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    sandbox.run("set constraints all immediate")
    sandbox.run("update private.audit_heads set before = null")
    sandbox.run(
        "update private.audit_heads set day = day - 1, claimed_until = claimed_until - interval '1 day'"
    )
    sandbox.run("set constraints all deferred")


def broken(sandbox: Sandbox) -> list[str]:
    sandbox.act_as("owner")
    return [row["rule"] for row in sandbox.run(BROKEN)]


def test_a_head_is_mailed_once_a_day(sandbox: Sandbox) -> None:
    """The first leads through none; while somebody is about to mail it, and afterwards, there is none to mail."""
    write(sandbox)
    first = claim(sandbox)
    sandbox.act_as("owner")
    last = sandbox.run(
        "select position, line_id, encode(sha256, 'hex') as sha256 from private.audit_chain"
        " order by position desc limit 1"
    )
    assert last == [{key: first[key] for key in ("position", "line_id", "sha256")}]
    assert (None, None) == (first["before_position"], first["finding"])
    assert claim(sandbox)["day"] is None

    # Its sender died: another one takes it over, as it was.
    sandbox.act_as("owner")
    sandbox.run("update private.audit_heads set claimed_until = now()")
    write(sandbox)
    assert first == mail(sandbox)
    assert claim(sandbox)["day"] is None
    assert [] == broken(sandbox)


def test_the_next_run_proves_the_head_mailed_before(sandbox: Sandbox) -> None:
    write(sandbox)
    first = mail(sandbox)
    let_a_day_pass(sandbox)
    write(sandbox)

    second = mail(sandbox)

    assert (first["position"], first["sha256"]) == (second["before_position"], second["before_sha256"])
    assert second["finding"] is None and second["position"] > first["position"]
    assert [] == broken(sandbox)


# All that whoever owns the database can do: the chain is whole, and another one.
WRITTEN_ANEW = """
  do $$
  declare
    v_last bytea := decode(repeat('00', 32), 'hex');
    v_entry record;
  begin
    update public.audit_logs set table_name = 'y'
     where id = (select line_id from private.audit_chain where position = {0});
    for v_entry in select * from private.audit_chain order by position loop
      update private.audit_chain c
         set line_sha256 = (select private.hash_audit_line(l) from public.audit_logs l where l.id = c.line_id)
       where c.position = v_entry.position;
      update private.audit_chain c set sha256 = sha256(v_last || c.line_sha256)
       where c.position = v_entry.position returning c.sha256 into v_last;
    end loop;
  end $$"""


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("delete from private.audit_chain where position >= {0}", "the chain does not lead through"),
        (WRITTEN_ANEW, "the chain does not lead through"),
        ("delete from private.audit_chain where position = {0} + 1", "entries of the chain are missing"),
        (
            "update public.audit_logs set table_name = 'y' where id ="
            " (select line_id from private.audit_chain where position = {0} + 1)",
            "a line was changed",
        ),
        (
            "delete from public.audit_logs where id ="
            " (select line_id from private.audit_chain where position = {0} + 2)",
            "a line was removed",
        ),
    ],
)
def test_what_was_done_to_the_chain_is_said_in_the_next_mail(
    sandbox: Sandbox, attack: str, said: str
) -> None:
    """And stands in check-invariants from then on, also when a good day follows."""
    write(sandbox)
    first = mail(sandbox)
    let_a_day_pass(sandbox)
    write(sandbox)
    without_triggers(sandbox, attack.format(first["position"]))
    write(sandbox)

    second = mail(sandbox)

    assert (second["finding"] or "").startswith(said), second
    assert ["the audit log does not lead through a head that was mailed"] == sorted(set(broken(sandbox)))
    let_a_day_pass(sandbox)
    assert mail(sandbox)["finding"] is None
    assert broken(sandbox)


def test_a_head_that_never_went_out_is_found(sandbox: Sandbox) -> None:
    write(sandbox)
    claim(sandbox)
    assert [] == broken(sandbox)
    let_a_day_pass(sandbox)
    assert ["the head of the audit log was not mailed"] == broken(sandbox)
    mail(sandbox)
    assert [] == broken(sandbox)


def test_only_the_service_asks_for_it(sandbox: Sandbox) -> None:
    for who in ("anon", "client", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("select * from public.claim_audit_head()")
        with sandbox.forbidden():
            sandbox.run("select * from public.mark_audit_head_mailed(now()::date)")


def test_a_head_is_typed_from_a_mail(database: str, sandbox: Sandbox) -> None:
    """In groups, in capitals, or the first sixteen digits; what is no head is said, and another head is found wrong."""
    head = audit.head(database)
    if head == "0:":
        pytest.skip("no line")
    position, _, sha256 = head.partition(":")
    groups = [sha256[at : at + 8] for at in range(0, 64, 8)]
    for typed in (
        [head],
        [f"{position}:", *groups],
        [f"{position}: {' '.join(groups).upper()}"],
        [f"{position}:{sha256[:16]}", head],
    ):
        assert [] == list(audit.problems(database, typed)), typed
    other = f"{position}:{'0' * 63}1"
    assert [f"the head {other} is not in the chain"] == [
        line[: len(f"the head {other} is not in the chain")]
        for line in audit.problems(database, [head, other])
    ]
    beyond = f"{int(position) + 1}:{sha256}"
    assert 1 == len(list(audit.problems(database, [beyond])))
    for nonsense in ("12", "12:", "12:9f86", f"x:{sha256}", "12:not a hash at all", f"{position}:{sha256}00"):
        with pytest.raises(SystemExit, match="is not a head"):
            list(audit.problems(database, [nonsense]))
