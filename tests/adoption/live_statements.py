# ruff: noqa: E501 - statements as they are sent, each on its line
"""What the pages and the platform's own functions send to the database today, each as whoever sends it.

Written as PostgREST runs them: with the columns that the pages name, and what they read of the answer. An answer is rows,
or the code of a refusal; each statement is undone.
"""

import json
from typing import Any

import psycopg

ADMIN, CLIENT = "a0000000-0000-4000-8000-000000000001", "c0000000-0000-4000-8000-000000000001"
OTHER, LED_BY = "c0000000-0000-4000-8000-000000000002", "f0000000-0000-4000-8000-000000000001"
PRACTITIONER = "10000000-0000-4000-8000-000000000001"
CLASS, HELD = "5e000000-0000-4000-8000-000000000020", "5e000000-0000-4000-8000-000000000001"
BOOKED, WAIVER_POLICY = "5e000000-0000-4000-8000-000000000006", "b1000000-0000-4000-8000-000000000002"

WHO = {
    "visitor": ("anon", None),
    "client": ("authenticated", CLIENT),
    "other": ("authenticated", OTHER),
    "practitioner": ("authenticated", LED_BY),
    "admin": ("authenticated", ADMIN),
    "service": ("service_role", None),
}

SEAT = f"""
    insert into session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name,
      max_participants, current_participants, session_location, physical_location, status, notes)
    select practitioner_id, auth.uid(), scheduled_at, duration_minutes, room_name || '-c0000000-17', max_participants, 1,
           session_location, physical_location, 'scheduled', 'Joined group class: {CLASS}'
      from session_schedules where id = '{CLASS}'
    returning practitioner_id, client_id, duration_minutes, max_participants, current_participants, status, notes"""
BOOKING = """
    insert into session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, notes)
    values ('{practitioner}', '{client}', date_trunc('day', now()) + interval '20 days 10 hours', {minutes}, '{room}',
            'scheduled', null) returning client_id, duration_minutes, status, room_name"""
WAIVER = """
    insert into liability_waivers (user_id, session_id, waiver_text, waiver_policy_id, waiver_policy_version,
                                   ip_address, user_agent)
    values ('{user}', {session}, 'I take part at my own risk.', {policy}, {version}, '203.0.113.9', 'Mozilla')
    returning user_id, session_id, waiver_text, ip_address, signed_at > now() - interval '1 minute' as is_now"""

# Who says what; several statements are one story, of which the last answer counts.
STATEMENTS: list[tuple[str, str, str]] = [
    # The client's pages
    ("a client books by a direct insert", "client", BOOKING.format(practitioner=PRACTITIONER, client=CLIENT, minutes=60, room="direct")),
    ("a client books a time that is taken", "other", f"""
        insert into session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)
        select practitioner_id, auth.uid(), scheduled_at, 60, 'taken' from session_schedules where id = '{CLASS}' returning status"""),
    ("the counter of a class, by its function", "other", f"select * from increment_group_class_participants('{CLASS}', 1)"),
    ("the counter of a class, by hand", "other", f"update session_schedules set current_participants = 3 where id = '{CLASS}' returning current_participants"),
    ("a seat in a class", "other", SEAT),
    ("the list of classes", "other", "select id, max_participants, current_participants, class_name, status from session_schedules"
        " where max_participants > 1 and scheduled_at >= now() and status <> 'cancelled' order by id"),
    ("my sessions", "client", f"select id, status, session_location, coalesce(max_participants, 1), notes, class_name from session_schedules where client_id = '{CLIENT}' order by id"),
    ("a client cancels", "client", f"update session_schedules set status = 'cancelled', notes = 'Cancelled', cancelled_at = now() where id = '{BOOKED}' returning status, notes"),
    ("a client sets credits", "client", f"update user_session_credits set credits_remaining = 2 where user_id = '{CLIENT}' returning id"),
    ("a client's credits", "client", "select credits_remaining, grace_cancellation_used, metadata from user_session_credits order by id"),
    ("a client's payments", "client", "select total_amount, currency, status from session_payments order by id"),
    ("consent, given", "client", f"insert into user_consents (user_id, consent_type, consented) values ('{CLIENT}', 'marketing', true) returning consented"),
    ("consent, by upsert", "client", f"insert into user_consents (user_id, consent_type, consented, revoked_at) values ('{CLIENT}', 'session_recording', false, now())"
        " on conflict (user_id, consent_type) do update set consented = excluded.consented, revoked_at = excluded.revoked_at returning consented"),
    ("preferences, by upsert", "client", f"insert into user_preferences (user_id, currency, country, detected_at, updated_at) values ('{CLIENT}', 'usd', 'US', now(), now())"
        " on conflict (user_id) do update set currency = excluded.currency returning currency"),
    ("a client's profile, read", "client", f"select full_name, email, phone_number, date_of_birth, address from profiles where id = '{CLIENT}'"),
    ("a client's profile, written", "client", f"update profiles set full_name = 'Clara C', phone_number = '1', date_of_birth = '1980-02-04', address = 'Here' where id = '{CLIENT}' returning full_name, address"),
    ("a client's own waiver", "client", WAIVER.format(user=CLIENT, session="null", policy="null", version="null")),
    ("the waiver to sign", "visitor", "select version, policy_text from waiver_policy where is_active = true"),
    ("the cancellation policy", "visitor", "select standard_cancellation_hours, policy_text from cancellation_policy where is_active"),
    ("recommendations", "client", "select title, action_type, completed from action_recommendations where completed = false order by due_date"),
    ("a recommendation that is done", "client", "update action_recommendations set completed = true, completed_at = now() where title = 'Stand daily' returning completed"),
    ("recordings", "client", f"select recording_url, status from session_recordings where session_id = '{HELD}' and status = 'completed'"),
    ("notifications", "client", "select notification_type, title, message, read_at from user_notifications where title = 'Welcome'"),
    ("a notification that is read", "client", "update user_notifications set read_at = now() where title = 'Welcome' returning title"),
    ("studios", "visitor", "select name, address, city from studio_locations where is_active = true and name = 'West'"),
    ("packages", "visitor", "select p.name, p.price_cad, t.duration_minutes from session_packages p join session_types t on t.id = p.session_type_id where p.is_active order by 1, 2, 3"),
    # The practitioner's
    ("a practitioner books for a client", "practitioner", BOOKING.format(practitioner=PRACTITIONER, client=CLIENT, minutes=30, room="for")),
    ("a practitioner cancels", "practitioner", f"update session_schedules set status = 'cancelled', notes = 'Cancelled by practitioner: ill', cancelled_at = now() where id = '{BOOKED}' returning status"),
    ("a practitioner's name", "practitioner", f"update practitioners set name = 'P', bio = 'B', half_hour_rate = 50 where user_id = '{LED_BY}' returning name"),
    ("hours, added", "practitioner", f"insert into practitioner_availability (practitioner_id, day_of_week, start_time, end_time) values ('{PRACTITIONER}', 3, '09:00', '17:00') returning day_of_week"),
    ("clients of a practitioner", "practitioner", "select full_name, email from profiles where email in ('client@demo.test', 'other@demo.test') order by 2"),
    ("a recommendation, made", "practitioner", f"insert into action_recommendations (practitioner_id, client_id, session_id, title, action_type) values ('{PRACTITIONER}', '{OTHER}', null, 'Sit', 'other') returning title"),
    ("a contract, signed", "practitioner", "update practitioner_contracts set signed_at = now(), status = 'signed', ip_address = '203.0.113.1', user_agent = 'M'"
        " where id = (select id from practitioner_contracts where status = 'pending' order by created_at desc, id desc limit 1) returning status, contract_version"),
    ("banking, read", "practitioner", "select bank_name, account_holder_name, account_type, country from practitioner_banking"),
    ("payments of a practitioner", "practitioner", "select practitioner_share, status from session_payments order by id"),
    ("cancellations of a practitioner", "practitioner", "select cancellation_type from session_cancellations where session_id is not null and cancellation_type = 'late'"),
    # The admin's
    ("a class, added", "admin", f"""
        insert into session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, max_participants,
          current_participants, session_location, physical_location, room_name, class_name, status, notes)
        values ('{PRACTITIONER}', '{ADMIN}', date_trunc('day', now()) + interval '25 days 10 hours', 60, 12, 0, 'in_person',
                'West - 1 Queen St', 'group-1-2', 'Evening', 'scheduled', 'Pre-scheduled group class created by admin')
        returning client_id, max_participants, current_participants, class_name, physical_location"""),
    ("a class, renamed and linked", "admin", f"update session_schedules set class_name = 'Late', correlated_session_id = null where id = '{CLASS}' returning class_name"),
    ("a session, deleted", "admin", f"delete from session_schedules where id = '{BOOKED}' returning status"),
    ("payments, paid out", "admin", "update session_payments set paid_out_at = now(), status = 'paid_out' where status = 'completed' returning status"),
    ("a waiver policy, switched off", "admin", f"update waiver_policy set is_active = false where id = '{WAIVER_POLICY}' returning version"),
    ("a waiver policy, added", "admin", f"update waiver_policy set is_active = false where id = '{WAIVER_POLICY}';"
        "insert into waiver_policy (version, policy_text, is_active, updated_by)"
        f" values (4, 'New text.', true, '{ADMIN}') returning version, policy_text, is_active"),
    ("a cancellation policy, added", "admin", "insert into cancellation_policy (policy_text, standard_cancellation_hours, late_cancellation_hours, is_active, updated_by)"
        f" values ('Three.', 3, 3, false, '{ADMIN}') returning policy_text, standard_cancellation_hours"),
    ("a studio, added", "admin", "insert into studio_locations (name, address, city) values ('East', '2 King St', 'Toronto') returning name, country"),
    ("a studio, moved", "admin", "update studio_locations set address = '3 Queen St' where name = 'West' returning address"),
    ("a session type, changed", "admin", "update session_types set price_cad = 101 where duration_minutes = 45 and session_type = 'laying' and not is_group returning price_cad"),
    ("a change of a session type, told to everybody", "admin", "insert into session_type_changes (session_type_id, change_type, changed_by, change_summary)"
        f" select id, 'updated', '{ADMIN}', 'Dearer' from session_types limit 1 returning change_summary"),
    ("a role, by upsert", "admin", f"insert into user_roles (user_id, role) values ('{OTHER}', 'practitioner') on conflict (user_id, role) do nothing returning role"),
    ("an assignment", "admin", f"insert into practitioner_assignments (practitioner_id, client_id) values ('{PRACTITIONER}', '{OTHER}') returning client_id"),
    ("a setting, by upsert", "admin", "insert into settings (key, value) values ('default_currency', '\"cad\"') on conflict (key) do update set value = excluded.value returning value"),
    ("an account, found by its address", "admin", "select get_user_id_by_email('other@demo.test')"),
    ("whether I am an admin", "admin", f"select has_role('{ADMIN}', 'admin')"),
    ("waivers, all", "admin", "select user_id, waiver_text from liability_waivers where char_length(waiver_text) between 1 and 100 order by created_at, id"),
    ("applications", "admin", "select first_name, status from practitioner_applications"),
    # Whoever is not signed in
    ("questions and answers", "visitor", "select s.title, q.question from faq_sections s join faq_questions q on q.section_id = s.id where s.is_active"),
    ("the readiness test", "visitor", "select label, score from readiness_test_options"),
    ("settings", "visitor", "select key, value from settings"),
    ("videos", "visitor", "select title from videos where is_active"),
    ("an application", "visitor", "insert into practitioner_applications (first_name, last_name, email) values ('A', 'B', 'a@b.test')"),
    ("a newsletter", "visitor", "insert into newsletter_subscriptions (email) values ('new@demo.test')"),
    ("session types", "visitor", "select name, price_cad from session_types where is_active order by 1, 2"),
    # The platform's own functions, with the service key
    ("a booking with a credit", "service", f"""
        insert into session_schedules (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status,
          session_location, physical_location, notes)
        values ('{PRACTITIONER}', '{CLIENT}', date_trunc('day', now()) + interval '21 days 10 hours', 45, 'credit', 'scheduled',
                'in_person', '5d000000-0000-4000-8000-000000000001', null) returning session_location, physical_location, status"""),
    ("a credit, taken", "service", "update user_session_credits set credits_remaining = 2 where credits_remaining = 3 returning credits_remaining"),
    ("a package, bought", "service", f"insert into user_session_credits (user_id, package_id, session_type_id, credits_remaining, stripe_payment_intent_id, metadata)"
        f" select '{CLIENT}', id, session_type_id, session_count, 'pi_1', '{{}}' from session_packages where session_count = 10 order by name limit 1 returning credits_remaining"),
    ("a payment", "service", f"insert into session_payments (session_id, practitioner_id, client_id, total_amount, practitioner_share, platform_share, currency, stripe_payment_intent_id, status)"
        f" values ('{BOOKED}', '{PRACTITIONER}', '{CLIENT}', 100, 75, 25, 'cad', 'pi_2', 'completed') returning status, practitioner_share"),
    ("a waiver without a version", "service", WAIVER.format(user=OTHER, session="null", policy="null", version="null")),
    ("a waiver of a version", "service", WAIVER.format(user=OTHER, session="null", policy=f"'{WAIVER_POLICY}'", version=2)),
    ("a waiver, signed again", "service", WAIVER.format(user=CLIENT, session="null", policy=f"'{WAIVER_POLICY}'", version=2)),
    ("a waiver of a session", "service", WAIVER.format(user=OTHER, session=f"'{BOOKED}'", policy="null", version="null")),
    ("a cancellation", "service", f"insert into session_cancellations (session_id, user_id, cancellation_type, hours_before_session, fee_charged, fee_currency, credit_returned, credit_currency, reason, cancellation_policy_version)"
        f" values ('{BOOKED}', '{CLIENT}', 'late', 3.5, 25, 'cad', 75, 'cad', 'Ill', 'b2000000-0000-4000-8000-000000000002') returning cancellation_type, fee_charged"),
    ("a recording, begun", "service", f"insert into session_recordings (session_id, agora_resource_id, agora_sid, status, started_at) values ('{BOOKED}', 'r', 's', 'recording', now()) returning status"),
    ("a recording, begun again", "service", f"insert into session_recordings (session_id, agora_resource_id, agora_sid, status, started_at) values ('{HELD}', 'r', 's', 'recording', now()) returning status"),
    ("a recording, failed", "service", f"update session_recordings set status = 'failed' where session_id = '{HELD}' and status = 'completed' returning status"),
    ("a recording, completed", "service", "update session_recordings set status = 'completed', recording_url = 'file.mp4' where session_id = '5e000000-0000-4000-8000-000000000003' returning status, recording_url"),
    ("a notice of a reminder", "service", f"update session_schedules set reminder_sent = now() where id = '{BOOKED}' returning status"),
    ("a room", "service", f"update session_schedules set room_name = 'other-room', host_room_url = null where id = '{BOOKED}' returning room_name"),
    ("consent, by a function", "service", f"insert into user_consents (user_id, consent_type, consented, version, ip_address, metadata) values ('{OTHER}', 'analytics', true, '1.0', '203.0.113.1', '{{}}')"
        " on conflict (user_id, consent_type) do update set consented = excluded.consented returning consented, version"),
    ("a line of the audit log", "service", f"select log_audit_event('{CLIENT}', 'VIEW', 'session_recordings', '{HELD}')"),
    ("an audit line, written by an update", "service", "select count(*) > 0 from audit_logs"),
]  # fmt: skip


def ask(url: str) -> dict[str, Any]:
    """Every statement's answer, in a transaction that is undone."""
    answers: dict[str, Any] = {}
    with psycopg.connect(url) as connection:
        for name, who, statement in STATEMENTS:
            with connection.transaction(force_rollback=True):
                answers[name] = _ask(connection, who, statement)
    return answers


def _ask(connection: psycopg.Connection[Any], who: str, statement: str) -> Any:
    role, person = WHO[who]
    claims = json.dumps({"role": role, "sub": person})
    connection.execute(
        "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)", (claims, role)
    )
    connection.execute("set local search_path = public, extensions")
    try:
        for part in statement.split(";"):
            cursor = connection.execute(part.encode())
        answer = cursor.fetchall() if cursor.description else cursor.rowcount
        # What is checked at the end of a transaction is part of the answer.
        connection.execute("set constraints all immediate")
    except psycopg.Error as refusal:
        return f"refused: {refusal.sqlstate}"
    return answer
