"""The classes, and the lists of whoever waits for them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.cast import Stage
from tests.page_scene import PageScene

from .visit import LONG_NAME, Scenes, Visit


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


SCENES: Scenes = {
    "find_classes": waiting,
}
