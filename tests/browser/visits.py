"""Every page of ours as somebody finds it: in each of its states, by the links of mails or by ones that are made."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from tests.cast import Stage
from tests.contract_scene import ContractScene
from tests.functions.test_sign_waiver import Paid
from tests.page_scene import PageScene
from tests.payout_scene import PayoutScene
from tests.sharing_scene import SharingScene
from tests.story_scene import hold

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Maximiliana <b>von</b> und zu Überlingen"


class Visit(NamedTuple):
    """A page as somebody finds it, and whether its first button is pressed."""

    page: str
    name: str
    url: str
    presses: bool = False
    runs_script: bool = False


def recordings(stage: Stage) -> Iterator[Visit]:
    """Shared: the player, its parts, and the door."""
    scene = SharingScene(stage)
    player, door = scene.link().url, scene.link(password="a password").url
    yield Visit("open_recording", "player", player, runs_script=True)
    yield Visit("open_recording", "door", door, presses=True)
    stage.execute(
        "insert into private.recording_files"
        " (take_id, position, kind, source_key, source_etag, size_bytes, storage_path)"
        " select f.take_id, 2, f.kind, 'k2', f.source_etag, f.size_bytes, f.storage_path || '.2'"
        " from private.recording_files f join private.recording_takes t on t.id = f.take_id where t.recording_id = %s",
        scene.id,
    )
    yield Visit("open_recording", "two parts", scene.link().url, runs_script=True)


def checkouts(stage: Stage) -> Iterator[Visit]:
    """Reasons."""
    for code, back in (("slot_taken", "sessions"), ("package_not_found", "wallet")):
        address = f"{stage.env['PAGES_URL']}/show-refused-checkout?code={code}&back={back}"
        yield Visit("show_refused_checkout", code, address)


def signatures(stage: Stage) -> Iterator[Visit]:
    """One that holds, one that does not, one that nobody gave, and the form."""
    for name, revokes in (("valid", False), ("revoked", True)):
        scene = ContractScene(stage)
        contract = scene.offer()
        evidence = scene.sign(contract).json()["evidence_sha256"]
        if revokes:
            scene.revoke(contract).raise_for_status()
        address = f"{stage.env['PAGES_URL']}/verify-signature"
        yield Visit("verify_signature", name, f"{address}?sha256={evidence}")
    yield Visit("verify_signature", "unknown fingerprint", f"{address}?sha256={'0' * 64}")
    yield Visit("verify_signature", "form", address, presses=True)


def links_in(mails: list[dict[str, Any]], page: str) -> list[str]:
    return [
        url
        for mail in mails
        for url in re.findall(rf"https?://\S+/{page.replace('_', '-')}\?\S+", mail["TextBody"])
    ]


def by_link(stage: Stage, page: str) -> Iterator[Visit]:
    """By a mail that leads there, or a link that is made: for client and practitioner, of what is booked or paid."""
    found: dict[str, str] = {}
    for how, scene in (("booked", PageScene(stage)), ("paid", Paid(stage))):
        scene.call(scene.client, LONG_NAME)
        scene.call(scene.practitioner, LONG_NAME)
        scene.session = scene.session if how == "paid" else scene.book()
        scene.send()
        for person, who in ((scene.client, "client"), (scene.practitioner, "practitioner")):
            made = scene.make_link(page, person, scene.session)
            if mailed := links_in(scene.mails_to(person), page):
                found[f"{how}, mailed to {who}"] = mailed[-1]
            elif scene.look(made).status_code == 200:
                found[f"{how}, {who}"] = made
    for name, url in sorted(found.items(), key=lambda each: "client" in each[0]):
        # What one presses may be over for the other: a client of each scene does, after everybody else's look.
        yield Visit(page, name, url, presses="client" in name)
    over = scene.make_link(page, scene.client, scene.session, ends_in="-1 second")
    yield Visit(page, "over", over)


def unsubscribing(stage: Stage) -> Iterator[Visit]:
    """About the reminders."""
    scene = PageScene(stage)
    yield Visit(
        "unsubscribe",
        "reminders",
        scene.make_link("unsubscribe", scene.client, "session_reminders"),
        presses=True,
    )


def choosing(stage: Stage) -> Iterator[Visit]:
    """What the choice of a language leads to without one."""
    yield Visit("set_language", "without a choice", f"{stage.env['PAGES_URL']}/set-language")


def paying(stage: Stage) -> Iterator[Visit]:
    """Something that was picked, and the short address."""
    scene = PageScene(stage)
    stage.execute(
        "insert into public.refused_picks (user_id, practitioner_id, scheduled_at, session_type_id, session_location)"
        " select %s, %s, %s, id, 'online' from public.session_types where not is_group limit 1",
        scene.client.id,
        scene.practitioner.practitioner_id,
        scene.starts_at,
    )
    yield Visit("pay_session", "picked", scene.make_link("pay_session", scene.client, None))
    yield Visit("pay_session", "without a link", f"{stage.env['PAGES_URL']}/pay-session")


def fees(stage: Stage) -> Iterator[Visit]:
    """Two that are owed, in two currencies, of a name that does not break; one forgiven; none; the short address."""
    scene = PageScene(stage)
    scene.call(scene.practitioner, LONG_NAME)
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    for minutes, because, currency, forgiven in (
        (1500, "no_show", "cad", "null"),
        (3000, "late_cancellation", "usd", "null"),
        (4500, "no_show", "cad", "now()"),
    ):
        session = stage.session(
            client=scene.client,
            practitioner=scene.practitioner,
            starts_in_minutes=-minutes,
            status="completed",
        )
        stage.execute(
            "insert into public.owed_fees"
            " (user_id, session_id, because, amount_minor, currency, scheduled_at, forgiven_at, reason)"
            f" values (%s, %s, %s, 2500, %s, now(), {forgiven}, case when {forgiven} is not null then 'Kindness' end)",
            scene.client.id,
            session["id"],
            because,
            currency,
        )
    yield Visit("pay_fee", "owed", scene.make_link("pay_fee", scene.client, None), presses=True)
    yield Visit("pay_fee", "nothing owed", scene.make_link("pay_fee", scene.practitioner, None))
    yield Visit("pay_fee", "without a link", f"{stage.env['PAGES_URL']}/pay-fee")
    yield Visit("pay_fee", "paid", f"{stage.env['PAGES_URL']}/pay-fee?back=paid")


def reviewed(stage: Stage) -> Iterator[Visit]:
    """Fees of others and of the admin's own, ratings that are shown and hidden, of a name that does not break."""
    admin = stage.admin()
    scene, words = PageScene(stage), "Calm."
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    scene.call(scene.client, LONG_NAME)
    fee = (
        "insert into public.owed_fees (user_id, session_id, because, amount_minor, currency, scheduled_at, created_at)"
        " values (%s, %s, %s, 2500, 'cad', now(), '2020-01-01')"
    )
    missed = stage.session(
        client=scene.client, practitioner=scene.practitioner, starts_in_minutes=-20_000, status="completed"
    )
    stage.execute(fee, scene.client.id, missed["id"], "no_show")
    stage.execute(fee, scene.booker().id, None, "late_cancellation")
    stage.execute(fee, admin.id, None, "no_show")
    for hidden in (False, True):
        its = stage.session(
            client=scene.client, practitioner=scene.practitioner, starts_in_minutes=-9000 - 100 * hidden
        )
        hold(stage, its["id"], 100 + 10 * hidden)
        link = scene.make_link("rate_session", scene.client, str(its["id"]))
        scene.press(link, stars=2, words=f"{LONG_NAME} " * 3 if hidden else words).raise_for_status()
        if hidden:
            stage.execute(
                "update public.session_ratings set hidden_at = now(), decision_reason = %s where session_id = %s",
                LONG_NAME,
                its["id"],
            )
    link = scene.make_link("review_fees_and_ratings", admin, None)
    yield Visit("review_fees_and_ratings", "as an admin", link)
    yield Visit("review_fees_and_ratings", "found", f"{link}&find=calm")
    yield Visit("review_fees_and_ratings", "none found", f"{link}&find=zzzz")
    factor = stage.admin()
    stage.enroll(factor)
    yield Visit(
        "review_fees_and_ratings", "with a factor", scene.make_link("review_fees_and_ratings", factor, None)
    )
    yield Visit(
        "review_fees_and_ratings", "without a link", f"{stage.env['PAGES_URL']}/review-fees-and-ratings"
    )


def waiting(stage: Stage) -> Iterator[Visit]:
    """The classes, without a link and by one; full, waited for, kept, with and without the waiver, and taken."""
    scene = PageScene(stage)
    scene.call(scene.practitioner, LONG_NAME)
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    group = scene.make_class(class_name=LONG_NAME, max_participants=4, duration_minutes=60)
    for person in (scene.booker(), scene.booker()):
        stage.join(group, person)
    short = f"{stage.env['PAGES_URL']}/find-classes"
    yield Visit("find_classes", "without a link", short, presses=True)

    def link(person: Any) -> str:
        return f"{scene.make_link('find_classes', person, None)}&class_id={group['id']}"

    yield Visit("find_classes", "full", link(scene.client), presses=True)
    unsigned = stage.client()
    for person, status in ((scene.booker(), "waiting"), (scene.booker(), "kept"), (unsigned, "kept")):
        stage.execute(
            "insert into public.waiting_list_entries (class_id, user_id, told, status, kept_until)"
            " select s.id, %s, private.describe_told_class(s), %s, now() + interval '3 hours'"
            " from public.session_schedules s where s.id = %s",
            person.id,
            status,
            group["id"],
        )
        name = f"{status}{', unsigned' if person is unsigned else ''}"
        yield Visit("find_classes", name, link(person), presses=status == "waiting")
    yield Visit("find_classes", "as an admin", link(stage.admin()))
    yield Visit("find_classes", "list", scene.make_link("find_classes", unsigned, None))
    free = scene.make_class(class_name="Morning class", scheduled_at=scene.starts_at + timedelta(days=1))
    takes = f"{scene.make_link('find_classes', scene.booker(), None)}&class_id={free['id']}"
    yield Visit("find_classes", "free", takes, presses=True)
    over = scene.make_link("find_classes", scene.client, None, ends_in="-1 second")
    yield Visit("find_classes", "over", over)


def changes(stage: Stage) -> Iterator[Visit]:
    """A time that is asked for, one that is taken by now, a change that was made, and what came of them."""
    for name in ("asked", "taken", "changed", "cancelled"):
        scene = PageScene(stage)
        scene.call(scene.practitioner, LONG_NAME)
        stage.execute(
            "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
        )
        session = scene.book()
        to = scene.starts_at + timedelta(hours=2)
        if name in ("asked", "taken"):
            body = {"session_id": session, "scheduled_at": to.isoformat()}
            stage.rest(
                "POST", "rpc/propose_session_time", as_=scene.practitioner, json=body
            ).raise_for_status()
        else:
            stage.execute(
                "update public.session_schedules set session_location = 'in_person', physical_location = %s,"
                " scheduled_at = %s where id = %s",
                LONG_NAME,
                to,
                session,
            )
        if name == "taken":
            stage.session(
                client=scene.booker(), practitioner=scene.practitioner, scheduled_at=to, duration_minutes=45
            )
        link = scene.make_link("answer_change", scene.client, session)
        if name == "cancelled":
            scene.cancel(session)
        yield Visit("answer_change", name, link, presses=name in ("asked", "changed"))
    yield Visit(
        "answer_change", "over", scene.make_link("answer_change", scene.client, session, ends_in="-1 second")
    )


def offers(stage: Stage) -> Iterator[Visit]:
    """Open, with hours or a pause in the way, and too late; then the page of who asks."""
    scene = PageScene(stage)
    scene.call(scene.practitioner, LONG_NAME)
    group = scene.make_class(class_name=LONG_NAME)
    asked = {name: stage.practitioner() for name in ("asked", "outside hours", "busy")}
    for name, person in asked.items():
        stage.execute(
            "update public.practitioners set name = %s where user_id = %s", f"{LONG_NAME}, {name}", person.id
        )
    body = {
        "session_id": str(group["id"]),
        "practitioner_ids": [str(p.practitioner_id) for p in asked.values()],
    }
    stage.rest("POST", "rpc/offer_session_to", as_=stage.admin(), json=body).raise_for_status()
    stage.execute(
        "insert into public.availability_exceptions (practitioner_id, on_date, is_open)"
        " select %s, current_date + n, false from generate_series(0, 6) n",
        asked["outside hours"].practitioner_id,
    )
    stage.session(
        client=scene.booker(), practitioner=asked["busy"], scheduled_at=scene.starts_at, duration_minutes=45
    )
    for name, person in asked.items():
        yield Visit("answer_offer", name, scene.make_link("answer_offer", person, str(group["id"])))
    # After everybody else's look, who is too late is told so.
    yield Visit(
        "answer_offer", "yes", scene.make_link("answer_offer", asked["asked"], str(group["id"])), presses=True
    )


def substitutes(stage: Stage) -> Iterator[Visit]:
    """Somebody is free, some of them outside their hours, and some were asked; or all is over."""
    scene = PageScene(stage)
    scene.call(scene.practitioner, LONG_NAME)
    admin, free = stage.admin(), [stage.practitioner() for _ in range(3)]
    for number, person in enumerate(free):
        name = f"{LONG_NAME} {number}"
        stage.execute("update public.practitioners set name = %s where user_id = %s", name, person.id)
    stage.execute(
        "insert into public.availability_exceptions (practitioner_id, on_date, is_open)"
        " select %s, current_date + n, false from generate_series(0, 6) n",
        free[1].practitioner_id,
    )
    session = scene.book()
    body = {"session_id": session, "practitioner_ids": [str(free[2].practitioner_id)]}
    stage.rest("POST", "rpc/offer_session_to", as_=admin, json=body).raise_for_status()
    yield Visit("find_substitute", "wanted", scene.make_link("find_substitute", admin, session), presses=True)
    over = scene.make_link("find_substitute", admin, session, ends_in="-1 second")
    yield Visit("find_substitute", "over", over)


def calendars(stage: Stage) -> Iterator[Visit]:
    """A client's, and a practitioner's with calendars that are read, new and failing."""
    scene = PageScene(stage)
    scene.book()
    client = scene.make_link("manage_calendars", scene.client, None)
    yield Visit("manage_calendars", "client", client, presses=True)
    for position, read_at, failure in ((1, "now()", None), (2, "null", None), (3, "now()", "not_a_calendar")):
        stage.execute(
            "insert into private.busy_calendars"
            " (practitioner_id, position, address, read_at, failure, failing_since, next_attempt_at)"
            f" values (%s, %s, %s, {read_at}, %s, case when %s::text is not null then now() end,"
            " now() + interval '1 day')",
            *(scene.practitioner.practitioner_id, position),
            *(f"https://{'calendar-of-a-long-name.' * 6}example.org/{position}", failure, failure),
        )
    link = scene.make_link("manage_calendars", scene.practitioner, None)
    scene.press(link, press="make").raise_for_status()
    yield Visit("manage_calendars", "practitioner", link)
    over = scene.make_link("manage_calendars", scene.client, None, ends_in="-1 second")
    yield Visit("manage_calendars", "over", over)


def ratings(stage: Stage) -> Iterator[Visit]:
    """To give, one that is refused, given and hidden, over, and of a session that was not held."""
    for name in ("to give", "hidden", "over", "not held"):
        scene = PageScene(stage)
        session = scene.book()
        link = scene.make_link("rate_session", scene.client, session)
        if name != "not held":
            hold(stage, session)
        if name in ("hidden", "over"):
            scene.press(link, stars=2, words=f"{LONG_NAME} " * 3).raise_for_status()
        if name == "hidden":
            stage.execute(
                "update public.session_ratings set hidden_at = now() where session_id = %s", session
            )
        if name == "over":
            stage.execute(
                "update public.session_schedules set scheduled_at = now() - interval '40 days' where id = %s",
                session,
            )
        yield Visit("rate_session", name, link, presses=name == "to give")


def payouts(stage: Stage) -> Iterator[Visit]:
    """On its way, paid, and failed."""
    scene = PageScene(stage)
    for name, rpc, more in (
        ("on its way", None, {}),
        ("paid", "mark_payout_paid", {"transaction_reference": LONG_NAME}),
        ("failed", "mark_payout_failed", {"reason": LONG_NAME}),
    ):
        paid = PayoutScene(stage)
        paid.earn(10050)
        paid.run()
        (payout,) = paid.payouts()
        if rpc:
            body = {"payout_id": payout["id"], **more}
            stage.rest("POST", f"rpc/{rpc}", as_=paid.admin, json=body).raise_for_status()
        link = scene.make_link("show_payout", paid.practitioner, payout["id"])
        yield Visit("show_payout", name, link)
    over = scene.make_link("show_payout", paid.practitioner, payout["id"], ends_in="-1 second")
    yield Visit("show_payout", "over", over)


def series(stage: Stage, page: str) -> Iterator[Visit]:
    """Somebody with credits, and with a series; a time that is taken meanwhile; its practitioner; and nobody left."""
    scene = PageScene(stage)
    stage.execute("select private.grant_credits(%s, 12)", scene.client.id)
    scene.call(scene.client, LONG_NAME)
    stage.execute(
        "update public.practitioners set name = %s where user_id = %s", LONG_NAME, scene.practitioner.id
    )
    scene.book()
    # Two mornings a week: the times of all weeks are one page, which a keyboard walks through.
    stage.execute(
        "update public.practitioner_calendars set is_always_open = false where practitioner_id = %s",
        scene.practitioner.practitioner_id,
    )
    stage.execute(
        "insert into public.practitioner_availability (practitioner_id, day_of_week, start_time, end_time)"
        " select %s, extract(dow from %s::timestamptz + day * interval '1 day'), '09:00', '11:00'"
        " from generate_series(0, 1) day",
        scene.practitioner.practitioner_id,
        scene.starts_at,
    )
    kind = stage.value(
        "select id from public.session_types where duration_minutes = 45 and session_type = 'standing' and not is_group"
    )
    body = {
        "practitioner_id": str(scene.practitioner.practitioner_id),
        "session_type_id": str(kind),
        "first_date": f"{scene.starts_at + timedelta(days=7):%Y-%m-%d}",
        "at_time": "10:00",
        "sessions": 4,
    }
    booked = stage.rest("POST", "rpc/book_session_series", as_=scene.client, json=body).raise_for_status()
    (plan,) = booked.json()
    if page == "book_series":
        link = scene.make_link(page, scene.client, None)
        yield Visit(page, "choices", link)
        yield Visit(page, "times", f"{link}&practitioner={body['practitioner_id']}&kind={kind}", presses=True)
        yield Visit(page, "found by name", f"{link}&find=practitioner", presses=True)
        yield Visit(page, "nobody found", f"{link}&find=Zzz")
        yield Visit(page, "without credits", scene.make_link(page, stage.client(), None))
    else:
        first = plan["dates"][0]["session_id"]
        for person, who in ((scene.client, "client"), (scene.practitioner, "practitioner")):
            link = scene.make_link(page, person, plan["series_id"])
            yield Visit(page, who, link, presses=True)
            yield Visit(page, f"times for {who}", f"{link}&show=times&session={first}")
    over = scene.make_link(page, scene.client, plan["series_id"], ends_in="-1 second")
    yield Visit(page, "over", over)


def sessions(stage: Stage) -> Iterator[Visit]:
    """And a class whose practitioner takes time off then."""
    yield from by_link(stage, "manage_session")
    scene = PageScene(stage)
    group = scene.make_class()
    since = group["scheduled_at"]
    body = {"starts_at": since.isoformat(), "ends_at": (since + timedelta(hours=2)).isoformat()}
    stage.rest("POST", "rpc/take_time_off", as_=scene.practitioner, json=body).raise_for_status()
    link = scene.make_link("manage_session", scene.practitioner, str(group["id"]))
    yield Visit("manage_session", "class in time off", link, presses=True)


def watched(stage: Stage) -> Iterator[Visit]:
    """As whoever has its key sees it; here something is always late."""
    yield Visit(
        "status",
        "key",
        stage.env["PAGES_URL"].replace("//", f"//monitor:{stage.env['STATUS_KEY']}@") + "/status",
    )


SCENES = {
    "book_series": partial(series, page="book_series"),
    "manage_series": partial(series, page="manage_series"),
    "manage_session": sessions,
    "status": watched,
    "answer_change": changes,
    "answer_offer": offers,
    "find_classes": waiting,
    "find_substitute": substitutes,
    "pay_session": paying,
    "pay_fee": fees,
    "manage_calendars": calendars,
    "rate_session": ratings,
    "review_fees_and_ratings": reviewed,
    "show_payout": payouts,
    "set_language": choosing,
    "unsubscribe": unsubscribing,
    "open_recording": recordings,
    "show_refused_checkout": checkouts,
    "verify_signature": signatures,
}
