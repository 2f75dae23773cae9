"""Pages about a session, or several: changed, asked of others, held, and week by week."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from tests.cast import Stage
from tests.page_scene import PageScene
from tests.story_scene import hold

from .links import by_link
from .visit import LONG_NAME, Scenes, Visit


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


SCENES: Scenes = {
    "book_series": partial(series, page="book_series"),
    "manage_series": partial(series, page="manage_series"),
    "manage_session": sessions,
    "answer_change": changes,
    "answer_offer": offers,
    "find_substitute": substitutes,
    "rate_session": ratings,
}
