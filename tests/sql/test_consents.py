"""Who learns what of consents: a practitioner one answer about each person in a session of theirs, and nothing else."""

from .conftest import CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox

CLASS = "50000000-0000-4000-8000-000000000001"


def agreed(sandbox: Sandbox, session: str) -> dict[str, bool]:
    """Who in a session has agreed, as this caller reads it."""
    rows = sandbox.run("select * from public.session_consents(%s)", session)
    return {str(row["user_id"]): row["has_consented"] for row in rows}


def test_a_practitioner_sees_who_consented_in_their_session(sandbox: Sandbox) -> None:
    """A withdrawal at once; themselves too. The consents stay unreadable."""
    sandbox.act_as("practitioner")

    assert agreed(sandbox, ROW) == {CLIENT: True, PRACTITIONER: False}
    assert sandbox.run("select id from public.user_consents where user_id = %s", CLIENT) == []
    assert sandbox.run("select id from public.consent_history where user_id = %s", CLIENT) == []
    sandbox.act_as("client")
    sandbox.run("update public.user_consents set consented = false where consent_type = 'session_recording'")
    sandbox.act_as("practitioner")
    assert agreed(sandbox, ROW) == {CLIENT: False, PRACTITIONER: False}


def test_a_practitioner_sees_everybody_with_a_seat_in_their_class(sandbox: Sandbox) -> None:
    """By the class's row or by a participant's; the admin in the class's own row has no seat by that."""
    seats = """insert into public.session_schedules
                 (id, practitioner_id, client_id, scheduled_at, duration_minutes, room_name, max_participants,
                  group_class_id, notes)
               values (%s, %s, %s, now() + interval '3 days', 45, %s, 12, %s, %s)"""
    sandbox.run(seats, CLASS, ROW, "a0000000-0000-4000-8000-000000000001", "class", None, "A class")
    for number, person in enumerate((CLIENT, OTHER_CLIENT), start=2):
        seat = f"{CLASS[:-1]}{number}"
        sandbox.run(seats, seat, ROW, person, seat, CLASS, f"Joined group class: {CLASS}")

    sandbox.act_as("practitioner")

    everybody = {CLIENT: True, OTHER_CLIENT: False, PRACTITIONER: False}
    assert agreed(sandbox, CLASS) == everybody == agreed(sandbox, f"{CLASS[:-1]}2")


def test_only_the_practitioner_and_admins_see_the_consents_of_a_session(sandbox: Sandbox) -> None:
    """Neither the people in it nor another practitioner."""
    for who in ("client", "other", "stranger"):
        sandbox.act_as(who)
        with sandbox.refused("session_not_found"):
            agreed(sandbox, ROW)
    sandbox.act_as("admin")
    assert agreed(sandbox, ROW)[CLIENT]
    with sandbox.refused("session_not_found"):
        agreed(sandbox, "5a1e0000-0000-4000-8000-00000000dead")
    sandbox.act_as("anon")
    with sandbox.forbidden():
        agreed(sandbox, ROW)


def test_every_change_of_a_consent_is_a_line_whoever_makes_it(sandbox: Sandbox) -> None:
    """By the owner of the database, by an upsert that says the same again, and by deleting the account."""
    upsert = """insert into public.user_consents (user_id, consent_type, consented) values (%s, 'analytics', %s)
                on conflict (user_id, consent_type) do update set consented = excluded.consented"""
    for consented in (True, True, False):
        sandbox.run(upsert, OTHER_CLIENT, consented)
    sandbox.run("delete from public.user_consents where user_id = %s", OTHER_CLIENT)

    lines = sandbox.run(
        "select consented, ip_address from public.consent_history where user_id = %s order by id",
        OTHER_CLIENT,
    )
    assert [line["consented"] for line in lines] == [True, True, False, False]
