"""The list at the head of session_schedules_triggers.sql is what PostgreSQL does."""

import re

from sql.chapters import SCHEMAS

from .conftest import Sandbox

CHAPTER = SCHEMAS / "sessions/session_schedules_triggers.sql"
MOMENTS = {
    "before the statement": "before statement",
    "before each row": "before row",
    "after each row": "after row",
    "after the statement": "after statement",
}


def listed() -> list[tuple[str, str, str]]:
    """Moment, events and name of each trigger, as the comment has them."""
    found, moment = [], ""
    for line in CHAPTER.read_text().partition("\n\n")[0].splitlines():
        if heading := re.match(r"--   (\w[^:,]*)", line):
            moment = MOMENTS.get(heading[1].strip(), "")
        elif moment and (entry := re.match(r"--     ([iud]+) +(\S+)", line)):
            found.append((moment, entry[1], entry[2]))
    return found


def test_every_trigger_stands_in_the_list_in_its_place(sandbox: Sandbox) -> None:
    """Within each moment they fire by name, so their order there is the order of the list."""
    sandbox.act_as("owner")
    fired = sandbox.run(
        """select (case when tgtype & 2 > 0 then 'before' else 'after' end) || case when tgtype & 1 > 0 then ' row'
                  else ' statement' end as moment,
                  concat(case when tgtype & 4 > 0 then 'i' end, case when tgtype & 16 > 0 then 'u' end,
                         case when tgtype & 8 > 0 then 'd' end) as events, tgname as name
             from pg_trigger where tgrelid = 'public.session_schedules'::regclass and not tgisinternal
            order by tgtype & 2 = 0, (tgtype & 1 = 0) = (tgtype & 2 = 0), tgname"""
    )

    assert listed() == [
        (row["moment"], row["events"], row["name"].removeprefix("session_schedules_")) for row in fired
    ]
