"""Every download through unmodified supabase-js: what invoke hands to a page opens, and says under which name.

The list is what docs/api/openapi.json says gives a file to people: a new one is opened here, or this fails.
"""

import base64
import csv
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import vobject

from deploy import openapi
from deploy.functions import functions
from local.config import NODE
from local.node import NODE_BINARY, environment
from tests.booking_scene import BookingScene
from tests.cast import Person, Stage
from tests.contract_scene import ContractScene, pages_of
from tests.payout_file_scene import BankFileScene
from tests.spreadsheets import rows_of

# What supabase-js makes a Blob of; it decodes all else as text.
BYTES = {"application/octet-stream", "application/pdf"}


def is_csv(content: bytes) -> bool:
    """With the byte order mark that decoding takes away."""
    return content.startswith(b"\xef\xbb\xbf") and len(list(csv.reader(io.StringIO(content.decode())))) > 0


def is_zip(content: bytes) -> bool:
    return zipfile.ZipFile(io.BytesIO(content)).testzip() is None


def is_workbook(content: bytes) -> bool:
    rows_of(content)
    return True


def is_pdf(content: bytes) -> bool:
    return bool(pages_of(content))


def is_calendar(content: bytes) -> bool:
    return bool(vobject.readOne(content.decode()).vevent.uid.value)


def is_bank_file(content: bytes) -> bool:
    return {1464, 0} == {len(record) for record in content.split(b"\r\n")}


@dataclass(frozen=True)
class Download:
    """How a page asks for a file, and what opens it."""

    name: str
    who: Person
    opens: Callable[[bytes], bool]
    ending: str
    body: dict[str, Any]


def downloads(stage: Stage) -> Iterator[Download]:
    """In every format that there is."""
    paid = BankFileScene(stage)
    paid.earn(10050)
    paid.run()
    paid.save()
    for ending, opens in (("csv", is_csv), ("xlsx", is_workbook)):
        yield Download("export-payout-file", paid.admin, opens, ending, {"format": ending})
        yield Download("export-earnings-csv", paid.practitioner, opens, ending, {"format": ending})
    yield Download("export-bank-file", paid.admin, is_bank_file, "txt", {"already_exported": "include"})
    payout = {"payout_id": paid.payouts()[0]["id"]}
    yield Download("get-earnings-statement", paid.practitioner, is_pdf, "pdf", payout)
    booking, signing = BookingScene(stage), ContractScene(stage)
    yield Download("export-my-data", booking.client, is_zip, "zip", {})
    waiver = stage.value("select id from public.liability_waivers where user_id = %s", booking.client.id)
    yield Download("get-waiver-pdf", booking.client, is_pdf, "pdf", {"waiver_id": str(waiver)})
    contract = {"contract_id": signing.offer()}
    yield Download("get-contract-pdf", signing.practitioner, is_pdf, "pdf", contract)
    session = {"session_id": booking.book()}
    yield Download("get-session-calendar", booking.client, is_calendar, "ics", session)


def test_every_file_for_people_is_downloaded_here(stage: Stage) -> None:
    """Whatever a signed-in person asks for that is no JSON and no page, in every format that its body names."""
    document = openapi.document()
    wanted = set()
    for name, function in functions().items():
        contract = function.contract()
        if "user" in contract.callers and not contract.is_page and contract.gives is None:
            schema = document["components"]["schemas"].get(contract.takes.__name__) if contract.takes else {}
            formats = schema.get("properties", {}).get("format", {}).get("enum", [None])
            wanted |= {(name, each) for each in formats}

    assert wanted == {(each.name, each.body.get("format")) for each in downloads(stage)}


def test_a_file_is_bytes_by_every_method() -> None:
    """As the document promises; a type that supabase-js decodes would break the file."""
    for path, operations in openapi.document()["paths"].items():
        function = functions()[path.removeprefix("/")]
        if function.is_page or "user" not in function.callers:
            continue
        for operation in operations.values():
            (kind,) = operation["responses"]["200"].get("content", {"none": None})
            assert kind in {"application/json"} | BYTES, path


def test_supabase_js_opens_every_download(stage: Stage) -> None:
    """As a Blob, whole to the byte, with the name that a page may read."""
    wanted = list(downloads(stage))
    scene = [{"name": each.name, "token": each.who.token, "body": each.body} for each in wanted]
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY")

    played = subprocess.run(
        [str(NODE_BINARY), "tests/supabase_js/downloads.mjs"],
        env=environment(
            NODE_FOLDER=f"{NODE}/", SCENE=json.dumps(scene), **{name: stage.env[name] for name in names}
        ),
        capture_output=True,
        text=True,
        check=False,
    )

    assert played.returncode == 0, played.stdout + played.stderr
    found = [json.loads(line) for line in played.stdout.splitlines()]
    assert [each.name for each in wanted] == [each["name"] for each in found]
    for each, got in zip(wanted, found, strict=True):
        assert got["isBlob"] and got["type"] in BYTES, each.name
        assert each.opens(base64.b64decode(got["bytes"])), each.name
        assert re.fullmatch(rf'attachment; filename="[\w.-]+\.{each.ending}"', got["disposition"]), each.name


def test_what_calendar_programs_fetch_keeps_its_type(stage: Stage) -> None:
    """They go by the type of an address, as browsers do."""
    booking = BookingScene(stage)
    link = stage.value(
        "select private.make_page_link('manage_session', %s, %s, now() + interval '1 day')",
        booking.client.id,
        booking.book(),
    )

    reply = stage.invoke(f"manage-session?token={link}&file=calendar", method="GET")

    assert reply.headers["content-type"].startswith("text/calendar")
