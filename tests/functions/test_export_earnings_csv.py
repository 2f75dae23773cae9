"""Exporting earnings: a file that opens right in a spreadsheet, whole however long it is, and one's own."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.cast import Person, Stage
from tests.spreadsheets import rows_by_gnumeric, rows_of

EXPORT = "export-earnings-csv"


class HeldSessions:
    """A practitioner, and a client whose name a spreadsheet would take for a formula."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.practitioner = stage.practitioner()
        self.client = stage.client()
        stage.execute(
            """update public.profiles set full_name = '=HYPERLINK("https://x.test","Élan, me")' where id = %s""",
            self.client.id,
        )

    def hold(self, many: int, total: float = 55.55, seats: int = 1) -> None:
        """So many sessions, an hour apart, paid and held. With more than one seat, nobody gets mail about each."""
        self.stage.execute(
            """with session as (
                 insert into public.session_schedules
                   (practitioner_id, client_id, scheduled_at, duration_minutes, room_name, status, max_participants)
                 select %s, %s, now() - make_interval(hours => n), 45, gen_random_uuid(), 'completed', %s
                   from generate_series(1, %s) n returning *)
               insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                    practitioner_share, platform_share, currency, status)
               select id, practitioner_id, client_id, %s, %s, %s, 'cad', 'completed' from session""",
            *(self.practitioner.practitioner_id, self.client.id, seats, many),
            *(total, total - 13.89, 13.89),
        )

    def export(self, *, as_: Person | None = None, **body: Any) -> httpx.Response:
        return self.stage.invoke(EXPORT, body, as_=as_ or self.practitioner)


@pytest.fixture
def held(stage: Stage) -> HeldSessions:
    """Somebody who has given no session yet."""
    return HeldSessions(stage)


def rows(reply: httpx.Response) -> list[dict[str, str]]:
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline="")))


def test_a_spreadsheet_opens_the_earnings_correctly(held: HeldSessions) -> None:
    """A byte order mark, CRLF, quotes where they must be; numbers are numbers, and a name is no formula."""
    held.hold(1)

    reply = held.export()

    assert reply.content.startswith(b"\xef\xbb\xbfStart,Time zone,") and reply.content.endswith(b"\r\n")
    assert reply.headers["content-type"] == "application/octet-stream"
    assert reply.headers["content-disposition"] == 'attachment; filename="earnings.csv"'
    assert (reply.headers["cache-control"], reply.headers["access-control-allow-origin"]) == ("no-store", "*")
    (row,) = rows(reply)
    assert row["Client"] == """'=HYPERLINK("https://x.test","Élan, me")"""
    expected = {"Minutes": "45", "Currency": "CAD", "Price": "55.55", "Returned": "0.00", "Share": "41.66"}
    assert expected.items() <= row.items()
    assert (row["Paid with"], row["Status"], row["Paid out on"]) == ("payment", "pending", "")
    assert row["Start"][:2] == "20" and len(row["Start"]) == len("2026-11-22 15:00")


def test_a_long_file_has_every_session_once_under_one_heading(held: HeldSessions) -> None:
    """Although it is read page by page; without sessions there is the heading alone."""
    assert [] == rows(held.export())
    held.hold(1003, seats=2)

    found = rows(held.export())

    assert 1003 == len({row["Session id"] for row in found}) == len(found)
    assert found == sorted(found, key=lambda row: row["Start"], reverse=True)


def test_a_period_may_be_named_and_by_an_admin_a_practitioner(stage: Stage, held: HeldSessions) -> None:
    """In the query of a link as well as in a body."""
    held.hold(1)
    own = str(held.practitioner.practitioner_id)
    day = str(datetime.now(UTC).date().replace(year=2031))

    assert 1 == len(rows(held.export(as_=stage.admin(), practitioner_id=own, until_date=day)))
    assert [] == rows(held.export(from_date=day))
    link = stage.invoke(f"{EXPORT}?until_date={day}", as_=held.practitioner, method="GET")
    assert 1 == len(rows(link))


def test_other_people_cannot_export_the_earnings(stage: Stage, held: HeldSessions) -> None:
    """Refused in the usual shape, before a file begins."""
    own = str(held.practitioner.practitioner_id)
    replies = [
        held.export(as_=stage.practitioner(), practitioner_id=own),
        held.export(as_=held.client),
        held.export(practitioner=own),
    ]

    assert [(404, "practitioner_not_found"), (403, "practitioners_only"), (422, "invalid_body")] == [
        (reply.status_code, reply.json()["code"]) for reply in replies
    ]


def test_a_workbook_has_every_session_and_amounts_that_add_up(held: HeldSessions) -> None:
    """Over several pages; as another reader and a spreadsheet program find it, a name is text and no formula."""
    held.hold(502, seats=2)
    held.hold(1)

    reply = held.export(format="xlsx")

    assert reply.headers["content-disposition"] == 'attachment; filename="earnings.xlsx"'
    found = rows_of(reply.content)
    assert 503 == len({row["Session id"] for row in found}) == len(found)
    assert (datetime, int, 41.66) == (
        type(found[0]["Start"]),
        type(found[0]["Minutes"]),
        found[0]["Share"],
    )
    (named,) = [n for n, row in enumerate(found) if row["Client"]]
    assert found[named]["Client"] == '=HYPERLINK("https://x.test","Élan, me")'
    shown = rows_by_gnumeric(reply.content)
    if shown is not None:
        assert [row["Session id"] for row in found] == [row["Session id"] for row in shown]
        assert found[named]["Client"] == shown[named]["Client"]
        assert 503 * 4166 == sum(round(100 * float(row["Share"])) for row in shown)
        assert f"{found[0]['Start']:%Y/%m/%d %H:%M}" == shown[0]["Start"][:16]
