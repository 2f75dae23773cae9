"""Every shape in which the existing pages read, through unmodified supabase-js: 200, with the rows the page expects."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cast import Stage
from tests.page_reads import READS, Read
from tests.page_reads_scene import ReadsScene

pytestmark = pytest.mark.usefixtures("unlimited")


@pytest.fixture(scope="module")
def scene(stage: Stage, unlimited: None) -> ReadsScene:
    return ReadsScene(stage)


@pytest.fixture(scope="module")
def answers(scene: ReadsScene) -> dict[Read, dict[str, Any]]:
    scene.stage.owner.address_events()
    return dict(zip(READS, scene.send(READS), strict=True))


def differences(scene: ReadsScene, read: Read, answers: dict[str, Any]) -> dict[str, Any]:
    """What is not as the page expects it, by role: the answer, and the rows it should have had."""
    found = {}
    for role, answer in answers.items():
        expected, given = scene.expected(read, role), answer["data"]
        if read.one:
            is_right = given in expected if expected else given is None
        else:
            given = given or []
            is_right = len(given) == len(expected) and all(
                given.count(r) == expected.count(r) for r in expected
            )
        if answer["status"] != 200 or not is_right:
            found[role] = (answer, expected)
    return found


@pytest.mark.parametrize("read", READS, ids=str)
def test_a_page_reads_the_rows_it_expects(
    scene: ReadsScene, answers: dict[Read, dict[str, Any]], read: Read
) -> None:
    """As client, practitioner and admin, each with their own id in the page's filter."""
    assert {} == differences(scene, read, answers[read])


def test_every_shape_is_here_once() -> None:
    """75 of them, in which the pages of the milestone read."""
    assert 75 == len({(read.table, read.select) for read in READS}) == len(READS)


# A change that breaks a page, what takes it back, and which reads it breaks.
OFFENDERS = {
    "a second way between two tables": (
        "alter table public.session_schedules add column planted_id uuid references public.practitioners",
        "alter table public.session_schedules drop column planted_id",
        {"session_schedules": "practitioner:practitioners("},
    ),
    "a way back": (
        "alter table public.session_schedules add column planted_id uuid references public.session_payments",
        "alter table public.session_schedules drop column planted_id",
        {"session_payments": "session_schedules"},
    ),
    "a column that is hidden": (
        "revoke select on public.session_payments from authenticated;"
        "grant select (id, session_id, client_id, practitioner_id) on public.session_payments to authenticated",
        "revoke select on public.session_payments from authenticated;"
        "grant select on public.session_payments to authenticated",
        {"session_payments": ""},
    ),
    "a name that is hidden": (
        """alter policy "people read available practitioners, theirs and themselves" on public.practitioners
             using (user_id = (select auth.uid()))""",
        """alter policy "people read available practitioners, theirs and themselves" on public.practitioners
             using (available or user_id = (select auth.uid())
                    or id = any (array(select private.related_practitioner_ids())) or (select private.is_admin()))""",
        {"session_schedules": "practitioner:practitioners(", "practitioners": "created_at"},
    ),
    "a correlated class as an array": (
        "alter function public.session_schedules rename to planted",
        "alter function public.planted rename to session_schedules",
        {"session_schedules": "correlated_session:"},
    ),
}


@contextmanager
def planted(stage: Stage, change: str, undo: str) -> Iterator[None]:
    try:
        for statement in (change, undo):
            stage.execute(statement)
            reload_schema(stage)
            if statement == change:
                yield
    except BaseException:
        stage.execute(undo)
        reload_schema(stage)
        raise


def reload_schema(stage: Stage) -> None:
    """The Data API reads its schema anew, and serves the old one until it has: known by a function of that moment."""
    name = f"planted_{time.time_ns()}"
    stage.execute(f"create function public.{name}() returns integer language sql as 'select 1'")
    stage.execute(f"grant execute on function public.{name} to authenticated, anon")
    stage.execute("notify pgrst, 'reload schema'")
    patience = time.monotonic() + 30
    while stage.rest("POST", f"rpc/{name}", json={}).status_code == 404:
        assert time.monotonic() < patience, "the schema is not read anew"
        time.sleep(0.05)
    stage.execute(f"drop function public.{name}()")


@pytest.mark.parametrize("offender", OFFENDERS)
def test_what_breaks_a_page_is_found(scene: ReadsScene, offender: str) -> None:
    """Or these tests would be worth nothing."""
    change, undo, broken = OFFENDERS[offender]
    reads = [read for read in READS if read.table in broken and broken[read.table] in read.select]
    with planted(scene.stage, change, undo):
        answers = dict(zip(reads, scene.send(reads), strict=True))
        unseen = [str(read) for read in reads if not differences(scene, read, answers[read])]

    assert reads
    assert [] == unseen
