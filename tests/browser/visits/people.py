"""What people choose for themselves, and what watches it all."""

from collections.abc import Iterator

from tests.cast import Stage
from tests.page_scene import PageScene

from .visit import Scenes, Visit


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


def watched(stage: Stage) -> Iterator[Visit]:
    """As whoever has its key sees it; here something is always late."""
    yield Visit(
        "status",
        "key",
        stage.env["PAGES_URL"].replace("//", f"//monitor:{stage.env['STATUS_KEY']}@") + "/status",
    )


SCENES: Scenes = {
    "status": watched,
    "manage_calendars": calendars,
    "set_language": choosing,
    "unsubscribe": unsubscribing,
}
