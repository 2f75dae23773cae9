"""Ratings that are read: by whom, in which mails, and what admins do about one."""

from typing import Any

from .conftest import ADMIN, CLIENT, PRACTITIONER, Sandbox
from .lifecycle_steps import begin
from .rating_steps import average, broken, held, rate, rate_some, rating_of


def test_an_admin_hides_it_with_a_reason_and_shows_it_again(sandbox: Sandbox) -> None:
    its, *_ = rate_some(sandbox, 1, 5, 5, 5, 5)
    rating = str(rating_of(sandbox, its)["id"])
    hide = "select * from public.hide_session_rating(%s, %s, %s)"
    for who in ("client", "practitioner", "other"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run(hide, rating, "I do not like it.", True)
    sandbox.act_as("admin")
    with sandbox.refused("reason_missing"):
        sandbox.run(hide, rating, " ", True)
    with sandbox.refused("text_too_long"):
        sandbox.run(hide, rating, "x" * 501, True)
    with sandbox.refused("rating_not_found"):
        sandbox.run(hide, its, "It is not there.", True)

    sandbox.run(hide, rating, "It names somebody else.", True)
    (again,) = sandbox.run(hide, rating, "Another reason.", True)

    assert again["decision_reason"] == "It names somebody else."
    assert average(sandbox) == (None, None)
    sandbox.act_as("practitioner")
    assert len(sandbox.run("select * from public.list_my_ratings()")) == 4
    # Its client is told on their page, and does not get around it by writing it anew.
    shown = rate(sandbox, its, 2, "The same again.")
    assert shown["is_hidden"] and average(sandbox) == (None, None)
    sandbox.act_as("owner")
    (line,) = sandbox.run(
        "select user_id, metadata from public.audit_logs where table_name = 'session_ratings' and record_id = %s",
        rating,
    )
    assert str(line["user_id"]) == ADMIN and "hidden_at" in line["metadata"]["columns"]

    sandbox.act_as("admin")
    sandbox.run(hide, rating, "It does not after all.", False)
    assert average(sandbox) == (4.4, 5)
    assert broken(sandbox) == []


def test_nobody_hides_what_is_said_of_themselves(sandbox: Sandbox) -> None:
    its = held(sandbox)
    rate(sandbox, its, 1)
    rating = rating_of(sandbox, its)["id"]
    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", PRACTITIONER)
    sandbox.act_as("practitioner")
    with sandbox.refused("not_about_oneself"):
        sandbox.run("select * from public.hide_session_rating(%s, 'It is wrong.')", rating)


def test_whoever_is_rated_reads_it_without_who_and_when(sandbox: Sandbox) -> None:
    """By month. Other practitioners, clients and strangers read nothing of it; its client reads their own."""
    its, *_ = rate_some(sandbox, 4, 5)
    sandbox.act_as("practitioner")
    rows = sandbox.run("select * from public.list_my_ratings()")
    assert {(row["stars"], row["words"]) for row in rows} == {(4, "Number 4"), (5, "Number 5")}
    assert all(row.keys() == {"id", "stars", "words", "month"} and row["month"].day == 1 for row in rows)
    assert (
        sandbox.run(
            "select 1 as one from public.session_ratings where stars > 0 and words like 'Number %%'", *()
        )
        == []
    )
    for who in ("stranger", "other"):
        sandbox.act_as(who)
        assert sandbox.run("select * from public.list_my_ratings()") == []
        assert sandbox.run("select 1 as one from public.session_ratings where session_id = %s", its) == []
    sandbox.act_as("client")
    assert len(sandbox.run("select 1 as one from public.session_ratings where session_id = %s", its)) == 1


def test_one_mail_tells_of_a_days_ratings(sandbox: Sandbox) -> None:
    """A day later, whatever came meanwhile; and none of what is hidden by then."""
    its, *others = rate_some(sandbox, 1, 5, 5)
    sandbox.act_as("owner")
    mails = sandbox.run("select * from private.mails where kind = 'ratings_received'")
    notes = sandbox.run("select * from public.user_notifications where kind = 'ratings_received'")

    (mail,), (note,) = mails, notes
    assert str(mail["user_id"]) == str(note["user_id"]) == PRACTITIONER
    assert mail["session_id"] is None and note["related_id"] is None
    assert (mail["next_attempt_at"] - mail["created_at"]).total_seconds() > 86_000
    described = "select private.describe_received_ratings(m) from private.mails m where m.id = %s"
    assert sandbox.one(described, mail["id"])["count"] == 3
    sandbox.run("update public.session_ratings set hidden_at = now() where session_id = %s", its)
    assert sandbox.one(described, mail["id"])["count"] == 2
    dropped = "select private.find_reason_to_drop_mail(m) from private.mails m where m.id = %s"
    assert sandbox.one(dropped, mail["id"]) is None
    sandbox.run("update public.session_ratings set hidden_at = now() where session_id = any (%s)", others)
    assert sandbox.one(dropped, mail["id"]) == "no_ratings"


def test_what_is_hidden_and_written_anew_is_told_to_nobody(sandbox: Sandbox) -> None:
    its = held(sandbox)
    rate(sandbox, its, 1)
    sandbox.act_as("owner")
    sandbox.run("update public.session_ratings set hidden_at = now() where session_id = %s", its)
    sandbox.run("delete from private.outbox where kind = 'ratings_received'")
    rate(sandbox, its, 2, "Again.")
    sandbox.act_as("owner")
    assert sandbox.run("select * from private.outbox where kind = 'ratings_received'") == []


def test_the_mail_after_a_session_leads_to_its_page_while_it_can_be_rated(sandbox: Sandbox) -> None:
    def links(kind: str, its: str) -> Any:
        sandbox.act_as("owner")
        return sandbox.one(
            "select private.make_mail_links(row (gen_random_uuid(), 0, 0, %s, 'user', %s, %s, '{}', 'queued', null, 0,"
            " now(), null, null, null, null, null, null, null, null, now())::private.mails)",
            *(kind, CLIENT, its),
        )

    its = held(sandbox)
    assert "rate_session" in links("session_completed", its)
    assert "rate_session" not in links("recording_ready", its)
    assert "rate_session" not in links("session_completed", held(sandbox, since=60 * 24 * 31))
    assert "rate_session" not in links("session_completed", begin(sandbox, since=500))
