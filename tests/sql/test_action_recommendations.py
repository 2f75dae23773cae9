"""A recommendation has two hands: the practitioner's words, the client's tick. Neither writes with the other's."""

import psycopg
import pytest

from .conftest import CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox

INSERT = """insert into public.action_recommendations (practitioner_id, client_id, session_id, title, action_type)
            values (%s, %s, %s, 'Breathe', 'mindfulness')"""
OTHER_SESSION = "20000000-0000-4000-8000-000000000002"


def test_a_practitioner_recommends_with_or_without_a_session(sandbox: Sandbox) -> None:
    """To a client of theirs, as the page inserts it."""
    sandbox.act_as("practitioner")
    sandbox.run(INSERT, ROW, CLIENT, ROW)
    sandbox.run(INSERT, ROW, CLIENT, None)


@pytest.mark.parametrize(
    ("practitioner", "client", "session"),
    [
        (ROW, OTHER_CLIENT, None),  # somebody else's client
        (ROW, CLIENT, OTHER_SESSION),  # a session with somebody else
        (OTHER_SESSION, CLIENT, None),  # in another practitioner's name
    ],
)
def test_a_practitioner_recommends_nothing_to_strangers(
    sandbox: Sandbox, practitioner: str, client: str, session: str | None
) -> None:
    """Nor about others' sessions, nor in others' names."""
    sandbox.act_as("practitioner")
    with sandbox.forbidden():
        sandbox.run(INSERT, practitioner, client, session)


def test_the_client_completes_an_action_and_the_server_dates_it(sandbox: Sandbox) -> None:
    """As the page updates it, with its own time; completing it again keeps the first time, reopening removes it."""
    sandbox.act_as("client")
    tick = "update public.action_recommendations set completed = %s, completed_at = %s where id = %s returning {}"

    assert sandbox.one(tick.format("completed_at = now()"), True, "2020-01-01", ROW)
    assert sandbox.one(tick.format("completed_at = now()"), True, "2021-01-01", ROW)
    assert sandbox.one(tick.format("completed_at is null"), False, "2020-01-01", ROW)


def test_the_client_does_not_rewrite_a_recommendation(sandbox: Sandbox) -> None:
    """Not even while completing it."""
    sandbox.act_as("client")
    with sandbox.refused("words_are_the_practitioners"):
        sandbox.run(
            "update public.action_recommendations set title = 'Rest', completed = true where id = %s", ROW
        )
    with sandbox.forbidden():
        sandbox.run("update public.action_recommendations set practitioner_id = %s", OTHER_SESSION)


def test_the_practitioner_does_not_complete_an_action(sandbox: Sandbox) -> None:
    """They may correct the words, and take it back."""
    sandbox.act_as("practitioner")
    with sandbox.refused("completion_is_the_clients"):
        sandbox.run("update public.action_recommendations set completed = true where id = %s", ROW)
    with sandbox.refused("completion_is_the_clients"):
        sandbox.run("update public.action_recommendations set completed_at = now() where id = %s", ROW)

    assert sandbox.run(
        "update public.action_recommendations set title = 'Breathe out' where id = %s returning id", ROW
    )
    assert sandbox.run("delete from public.action_recommendations where id = %s returning id", ROW)


def test_a_title_has_one_to_200_characters(sandbox: Sandbox) -> None:
    sandbox.act_as("practitioner")
    for title in ("  ", "x" * 201):
        with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
            sandbox.run("update public.action_recommendations set title = %s where id = %s", title, ROW)


def test_a_recommendation_outlives_its_session(sandbox: Sandbox) -> None:
    """The client's list is theirs."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_recordings where session_id = %s", ROW)
    sandbox.run("delete from public.session_schedules where id = %s", ROW)

    assert [{"session_id": None}] == sandbox.run(
        "select session_id from public.action_recommendations where id = %s", ROW
    )


# Templates

OWN = """insert into public.action_templates (practitioner_id, title, action_type) values (%s, 'Own', 'other')
         returning id"""
PLATFORM = "select id from public.action_templates where practitioner_id is null order by title limit 1"
USE = "select template_id, title from public.create_action_recommendation(%s, template_id => %s)"
DIRECTLY = """insert into public.action_recommendations (practitioner_id, client_id, title, action_type, template_id)
              values (%s, %s, 'Rest', 'other', %s) returning id"""


def test_admins_manage_the_templates_of_the_platform(sandbox: Sandbox) -> None:
    """Add, change, retire, take up again; not those of a practitioner, who in turn keeps only their own."""
    sandbox.act_as("admin")
    made = sandbox.one(OWN, None)
    retire = "update public.action_templates set is_active = false where id = %s returning id"
    assert sandbox.run(retire, made)
    assert [] == sandbox.run(retire, ROW)
    with sandbox.forbidden():
        sandbox.run(OWN, ROW)

    sandbox.act_as("practitioner")
    assert [] == sandbox.run(retire, made)
    assert sandbox.run(retire, ROW)
    with sandbox.forbidden():
        sandbox.run(OWN, None)
    with sandbox.forbidden():
        sandbox.run(OWN, OTHER_SESSION)
    with sandbox.forbidden():
        sandbox.run("delete from public.action_templates")


def test_a_template_is_used_by_its_owner_and_a_platform_template_by_everybody(sandbox: Sandbox) -> None:
    """Through the function or directly; another's and a retired one by nobody."""
    sandbox.act_as("stranger")
    others = sandbox.one(OWN, OTHER_SESSION)
    sandbox.act_as("practitioner")
    assert [] == sandbox.run("select id from public.action_templates where id = %s", others)
    for template in (sandbox.one(PLATFORM), ROW):
        (made,) = sandbox.run(USE, CLIENT, template)
        assert str(template) == str(made["template_id"]) and made["title"]
        assert sandbox.run(DIRECTLY, ROW, CLIENT, template)
    with sandbox.refused("template_not_found"):
        sandbox.run(USE, CLIENT, others)
    with sandbox.forbidden():
        sandbox.run(DIRECTLY, ROW, CLIENT, others)

    sandbox.run("update public.action_templates set is_active = false where id = %s", ROW)
    with sandbox.refused("template_retired"):
        sandbox.run(USE, CLIENT, ROW)
    with sandbox.forbidden():
        sandbox.run(DIRECTLY, ROW, CLIENT, ROW)


def test_an_admin_who_is_a_practitioner_uses_their_own_templates(sandbox: Sandbox) -> None:
    """Although they read everybody's."""
    sandbox.act_as("stranger")
    others = sandbox.one(OWN, OTHER_SESSION)
    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", PRACTITIONER)

    sandbox.act_as("practitioner")
    assert sandbox.run("select id from public.action_templates where id = %s", others)
    with sandbox.refused("template_not_found"):
        sandbox.run(USE, CLIENT, others)
    with sandbox.forbidden():
        sandbox.run(DIRECTLY, ROW, CLIENT, others)


# Progress


def test_progress_is_counted_by_client_and_by_template(sandbox: Sandbox) -> None:
    """Open, overdue on the practitioner's own calendar, done, and when last; in one query."""
    sandbox.act_as("practitioner")
    made = [str(sandbox.run(DIRECTLY, ROW, CLIENT, ROW)[0]["id"]) for _ in range(4)]
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_calendars set time_zone = 'Pacific/Kiritimati'")  # a day ahead
    today = "(now() at time zone 'Pacific/Kiritimati')::date"
    sandbox.run(f"update public.action_recommendations set due_date = {today} - 1 where id = %s", made[0])
    sandbox.run(f"update public.action_recommendations set due_date = {today} where id = %s", made[1])
    sandbox.run("update public.action_recommendations set due_date = '2020-01-01' where id = %s", made[3])
    sandbox.act_as("client")
    sandbox.run(
        "update public.action_recommendations set completed = true where id = any(%s::uuid[])", made[2:]
    )

    sandbox.act_as("practitioner")
    rows = sandbox.run("select * from public.recommendation_progress")
    counts = {
        (row["grouped_by"], row["client_name"], row["template_title"]): (
            row["open"],
            row["overdue"],
            row["done"],
        )
        for row in rows
    }
    assert {
        ("client", "Client", None): (3, 1, 2),
        ("template", None, "Breathe"): (2, 1, 2),
        ("template", None, None): (1, 0, 0),
        ("client_and_template", "Client", "Breathe"): (2, 1, 2),
        ("client_and_template", "Client", None): (1, 0, 0),
    } == counts
    assert sandbox.one(
        "select last_completed_at = now() from public.recommendation_progress where grouped_by = 'client'"
    )


def test_progress_is_read_by_the_practitioner_and_admins(sandbox: Sandbox) -> None:
    """An admin sees all; a client and another practitioner find nothing."""
    for who in ("client", "other", "stranger"):
        sandbox.act_as(who)
        assert [] == sandbox.run("select * from public.recommendation_progress"), who
    sandbox.act_as("admin")
    assert sandbox.run("select * from public.recommendation_progress")
    sandbox.act_as("anon")
    with sandbox.forbidden():
        sandbox.run("select * from public.recommendation_progress")
