"""Every kind of mail has a template, and says what it is about."""

import uuid

from psycopg.types.json import Jsonb

from tests.cast import Person
from tests.mail_scene import MailScene, event_in


def test_a_signed_text_is_mailed_to_its_signer(mail: MailScene) -> None:
    """The text as it was shown, and its fingerprint."""
    somebody = mail.booker()
    mail.send()

    copy = next(each for each in mail.mails_to(somebody) if each["Subject"] == "Your signed waiver")
    waiver = mail.stage.row("select * from public.liability_waivers where user_id = %s", somebody.id)
    assert waiver["text_sha256"] in copy["TextBody"]
    assert waiver["waiver_text"].split("\n")[0] in copy["TextBody"]


# What the outbox may hold beside what the scenes above bring about, and a phrase that its mail must say.
OTHERS = {
    "session_completed": ({}, "your journal has a page ready"),
    "practitioner_late": ({"minutes": 10, "expected_at": "2031-01-01T17:00:00Z"}, "is running late"),
    "my_sessions": ({}, "each with a link to its page"),
    "recording_ready": ({}, "can be played now"),
    "recording_failed": ({}, "could not be recorded"),
    "recording_ending": ({"expires_at": "2031-01-01T17:00:00Z"}, "is deleted on Wednesday, January 1, 2031"),
    "session_not_booked": (
        {"practitioner_id": None, "scheduled_at": "2031-01-01T17:00:00Z"},
        "Nothing is lost",
    ),
    "session_to_pay": ({}, "pay for it by itself"),
    "payment_returned": (
        {
            "amount_minor": 2500,
            "currency": "cad",
            "credits_taken_back": 3,
            "credits_owed": 1,
            "because": "refund",
        },
        "Credits owed: 1",
    ),
    "payment_restored": (
        {"amount_minor": 2500, "currency": "cad", "credits_given_back": 2, "because": "refund"},
        "we tried to return CA$25.00, and your bank did not take it",
    ),
    "credits_granted": ({"credits": 2, "kind": "adjustment"}, "added 2 credits"),
    "payment_failed": (
        {"amount_minor": 2500, "currency": "cad"},
        "your bank has now told us that it does not pay it",
    ),
    "credit_expiring": ({}, "can be used until"),
    "credits_extended": (
        {"expires_at": "2031-01-01T17:00:00Z", "credits_restored": 2},
        "until Wednesday, January 1, 2031. Those that had ended are there again",
    ),
    "contract_issued": ({"contract_version": "1"}, "ready. Please read it and sign it"),
    "contract_signed": ({}, "You practise, we pay."),
    "contract_expiring": ({"expires_at": "2031-01-01T17:00:00Z"}, "ends on Wednesday, January 1, 2031"),
    "contract_expired": ({"expires_at": None}, "Nobody can book you until"),
    "contract_revoked": ({"reason": "By mutual <agreement>"}, "By mutual <agreement>"),
    "banking_changed": ({"account_last4": "4242"}, "ending in 4242"),
    "calendar_unreadable": (
        {"host": "calendar.example.org", "read_at": None},
        "Nothing of it is kept free yet",
    ),
    "payout_paid": ({"amount_minor": 45000, "currency": "usd"}, "US$450.00"),
    "second_admin_wanted": (
        {
            "what": "a payout run",
            "amount_minor": 45000,
            "currency": "usd",
            "expires_at": "2031-01-01T17:00:00Z",
        },
        "A payout run is above the amount",
    ),
}


def test_every_kind_of_message_has_a_template(mail: MailScene) -> None:
    """Those of other parts too; none is left that has no template."""
    session = mail.stage.session(
        client=mail.client, practitioner=mail.practitioner, starts_in_minutes=50 * 60
    )
    mail.stage.execute(
        "insert into public.session_recordings (session_id, status, storage_path, completed_at, recording_url,"
        " duration_seconds, file_size_bytes) values (%s, 'completed', 'x', now(), 'x', 1, 1)",
        session["id"],
    )
    lot = mail.stage.value(
        "select private.grant_credits(%s, 2, expires_at => now() + interval '9 days')", mail.client.id
    )
    ends = mail.stage.value(
        "select expires_at from public.user_session_credits where id = %s", lot
    ).isoformat()
    failed = mail.stage.value(
        "insert into public.checkout_sessions (user_id, payment_type, description, amount_minor, currency, credits,"
        " session_type_id, expires_at, failed_at)"
        " select %s, 'package_5', 'x', 2500, 'cad', 5, id, now(), now() from public.session_types limit 1 returning id",
        mail.client.id,
    )
    contract = mail.stage.value(
        "insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text)"
        " values (%s, '1', 'You practise, we pay.') returning id",
        mail.practitioner.practitioner_id,
    )
    request = mail.stage.value(
        "insert into public.approval_requests (kind, details, amount, currency, expires_at)"
        " values ('payout_run', '{}', 45000, 'usd', now() + interval '7 days') returning id"
    )
    mail.stage.execute("delete from private.mails where status = 'queued'")
    about_session = {
        "session_completed",
        "practitioner_late",
        "recording_ready",
        "recording_failed",
        "recording_ending",
    }
    for kind, (payload, _) in OTHERS.items():
        facts = {"lot_id": str(lot), "contract_id": str(contract), "request_id": str(request), **payload}
        if kind == "credit_expiring":
            facts["expires_at"] = ends
        if kind == "payment_failed":
            facts["checkout_id"] = str(failed)
        if kind in about_session:
            facts["scheduled_at"] = session["scheduled_at"].isoformat()
        mail.stage.execute(
            "select private.publish_event(%s, %s, %s, %s)",
            kind,
            mail.client.id,
            session["id"] if kind in about_session else None,
            Jsonb(facts),
        )

    assert mail.send() == {"sent": len(OTHERS)}

    said = {line["message_id"]: line["email_type"] for line in mail.logged()}
    texts = {said[each["id"]]: " ".join(each["TextBody"].split()) for each in mail.mails_to(mail.client)}
    assert {kind: phrase in texts[kind] for kind, (_, phrase) in OTHERS.items()} == dict.fromkeys(
        OTHERS, True
    )
    elsewhere = {"welcome", "session_booked", "session_cancelled", "session_rescheduled", "session_reminder"}
    elsewhere |= {"session_changed", "session_given_away", "change_proposed", "change_declined"}
    elsewhere |= {"session_offered", "session_offer_closed", "session_not_taken", "substitute_wanted"}
    elsewhere |= {"class_scheduled", "matters_waiting", "fee_owed", "fee_forgiven"}
    elsewhere |= {"waiting_list_joined", "seat_kept", "kept_seat_lapsed", "waiting_class_changed"}
    elsewhere |= {"waiting_class_cancelled", "class_full", "class_links"}  # test_stories_of_waiting.py
    elsewhere |= {"ratings_received"}  # test_stories_of_rating.py
    elsewhere |= {
        "series_booked",
        "series_moved",
        "series_cancelled",
        "time_off_wanted",
    }  # test_manage_series
    elsewhere |= {"sessions_collide"}  # test_stories_of_collisions.py
    kinds = mail.stage.owner.execute("select distinct kind from private.mail_kinds").fetchall()
    assert {row["kind"] for row in kinds} == elsewhere | {"payment_received", "waiver_signed"} | OTHERS.keys()


def test_what_waits_for_a_person_is_mailed_to_the_support_address(mail: MailScene) -> None:
    """Once; what it is, what to do, and nobody's name."""
    support = Person(uuid.uuid4(), mail.stage.env.get("SUPPORT_EMAIL", "support@sadhu.com"), "")
    checkout = mail.stage.value(
        "insert into public.checkout_sessions (user_id, payment_type, description, amount_minor, currency, credits,"
        " session_type_id, expires_at, failed_at, difference)"
        " select %s, 'package_5', 'x', 2500, 'cad', 5, id, now(), now(), 'tax: 1.00 instead of 0.00'"
        " from public.session_types limit 1 returning id",
        mail.client.id,
    )
    before = len(mail.mails_to(support))
    mail.stage.execute(
        "update private.matter_settings set note_every = '0', mail_every = '0', noted_at = '2000-01-01'"
    )

    mail.send()
    mail.send()

    told = mail.mails_to(support)[before:]
    assert len(told) == 1
    text = " ".join(told[0]["TextBody"].split())
    assert f"About: {checkout}" in text and "More: tax: 1.00 instead of 0.00" in text
    assert "What: A payment is not what we asked for" in text and "accept_payment" in text
    assert "waits" in told[0]["Subject"] or "wait for a person" in told[0]["Subject"]
    checked = mail.stage.invoke_as_service("check-invariants").json()
    (waits,) = [each for each in checked["waiting"] if each["rule"].endswith("not what we asked for")]
    assert str(checkout) in waits["examples"] and checked["holds"] is True

    admin = mail.stage.admin()
    listed = mail.stage.rest("POST", "rpc/list_matters", as_=admin, json={}).json()
    (matter,) = [each for each in listed if each["subject"] == str(checkout)]
    body = {"matter_id": matter["id"], "reason": "Refunded in Stripe"}
    refused = mail.stage.rest("POST", "rpc/settle_matter", as_=mail.client, json=body)
    assert (refused.status_code, refused.json()["details"]) == (403, "admins_only")
    settled = mail.stage.rest("POST", "rpc/settle_matter", as_=admin, json=body).json()
    assert settled[0]["settlement"] == "Refunded in Stripe"
    checked = mail.stage.invoke_as_service("check-invariants").json()
    assert not [each for each in checked["waiting"] if str(checkout) in each["examples"]]
    mail.stage.execute("update private.matters set settled_at = now() where settled_at is null")


def test_names_keep_their_joiners_and_their_direction(mail: MailScene) -> None:
    """In subject, text, HTML, notification and calendar: whole, and set apart where they run from right to left."""
    name, practitioner = "علی\u200cرضا\u202e (2)", "ශ්\u200dරී"
    mail.call(mail.client, name)
    mail.stage.execute(
        "update public.practitioners set name = %s where user_id = %s", practitioner, mail.practitioner.id
    )
    session_id = mail.book()
    mail.send()

    mine, theirs = mail.only_mail_to(mail.client), mail.only_mail_to(mail.practitioner)
    assert f"Booked: Standing session with {practitioner}, " in mine["Subject"]
    assert f"with {practitioner}" in mine["TextBody"] and f"with {practitioner}" in mine["HtmlBody"]
    assert f"Standing session with {practitioner}" == event_in(mine).vevent.summary.value
    whole = "علی\u200cرضا (2)"
    assert f"New booking: Standing session with \u2068{whole}\u2069, " in theirs["Subject"]
    assert f"\u2068{whole}\u2069 has booked a session with you." in " ".join(theirs["TextBody"].split())
    assert f"<bdi>{whole}</bdi> has booked a session with you." in theirs["HtmlBody"]
    assert f"Standing session with \u2068{whole}\u2069" == event_in(theirs).vevent.summary.value
    assert whole == event_in(mine).vevent.attendee.params["CN"][0]
    told = mail.stage.value(
        "select message from public.user_notifications where related_id = %s and user_id = %s",
        session_id,
        mail.practitioner.id,
    )
    assert f"Your session with \u2068{whole}\u2069 is on " in told
