"""Every function that takes or prints a picture, tried with every picture that is meant to break one.

Which they are, the contracts say (a field with the format of a picture in a data URL) and the code (what reaches
`shared/pictures.py`). Here stands how each is called; one that is missing is named.
"""

import base64
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from deploy import openapi
from deploy.functions import ROOT, functions
from deploy.imports import shared_files
from tests.cast import Person, Stage
from tests.contract_scene import ContractScene, drawing
from tests.png_corpus import ACCEPTED, REFUSED, data_url

PICTURES = ROOT / "shared" / "pictures.py"
FORMAT = "png-data-url"
NAMED_LIKE_A_PICTURE = re.compile(r"image|picture|photo|drawing|avatar|logo|png")
MEGABYTE = 1024 * 1024
# Above what it holds after a usual drawing. A hundred copies take half of it, whatever is printed: what one picture
# takes is measured in `tests/shared/test_pictures.py`.
BOUND_MB = 80

Body = Callable[[Stage, Person, bytes], dict[str, Any]]


def sign_waiver(stage: Stage, _: Person, image: bytes) -> dict[str, Any]:
    text = stage.value("select policy_text from public.waiver_policy where is_active")
    return {
        "waiver_text": text.replace("[Date of signing]", "22/11/2026"),
        "signature_image": data_url(image),
    }


def sign_contract(_: Stage, __: Person, image: bytes) -> dict[str, Any]:
    return {"signature_image": data_url(image)}


# The body of a call, and the table where a picture ends up that is accepted.
TAKES: dict[str, tuple[Body, str]] = {
    "create-liability-waiver": (sign_waiver, "liability_waivers"),
    "sign-practitioner-contract": (sign_contract, "contract_signatures"),
}
# What is asked for, the table where its picture lies, and the column by which both are found.
PRINTS = {
    "get-waiver-pdf": ("waiver_id", "liability_waivers", "id"),
    "get-contract-pdf": ("contract_id", "contract_signatures", "contract_id"),
}


def picture_fields(document: Any) -> dict[str, set[str]]:
    """The fields of each function's body that are a picture, by their format or by their name."""
    schemas, found = document["components"]["schemas"], {}
    for path, operations in document["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is None:
            continue
        model = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        fields = {
            name
            for name, field in schemas[model]["properties"].items()
            if f"'format': '{FORMAT}'" in str(field) or NAMED_LIKE_A_PICTURE.search(name)
        }
        if fields:
            found[path.removeprefix("/")] = fields
    return found


def test_every_function_that_takes_or_prints_a_picture_is_tried() -> None:
    """Nobody adds another without saying here how it is called."""
    reach = {function.name for function in functions().values() if PICTURES in shared_files(function)}
    takers = picture_fields(openapi.document())

    assert takers.keys() == TAKES.keys()
    assert reach == TAKES.keys() | PRINTS.keys()


def test_every_field_that_is_a_picture_has_its_format() -> None:
    """And with it the limit of its size: one type declares both."""
    schemas = openapi.document()["components"]["schemas"]

    for model, schema in schemas.items():
        for name, field in schema.get("properties", {}).items():
            if NAMED_LIKE_A_PICTURE.search(name):
                (text,) = (each for each in field.get("anyOf", [field]) if each.get("type") == "string")
                assert (FORMAT, True) == (text.get("format"), "maxLength" in text), f"{model}.{name}"


class Watched:
    """A function in a process of this test's own; the most memory that it held is known."""

    def __init__(self, stage: Stage, name: str) -> None:
        function = functions()[name]
        with socket.create_server(("127.0.0.1", 0)) as listener, Path(os.devnull).open("wb") as log:
            self._url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._process = psutil.Process(stage.forkserver.fork(function.target, stage.env, listener, log))
        self.peak, self._is_done = 0, threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def _watch(self) -> None:
        while not self._is_done.wait(0.01):
            self.peak = max(self.peak, self._process.memory_info().rss)

    def post(self, body: dict[str, Any], as_: Person) -> httpx.Response:
        return httpx.post(self._url, json=body, headers=as_.headers, timeout=60)

    def end(self) -> None:
        self._is_done.set()
        self._watcher.join()
        self._process.kill()


@contextmanager
def watched(stage: Stage, name: str) -> Iterator[Watched]:
    process = Watched(stage, name)
    try:
        yield process
    finally:
        process.end()


def usual() -> bytes:
    """What a page sends."""
    return base64.b64decode(drawing().split(",")[1])


def signers(stage: Stage, count: int) -> list[Person]:
    """People who can sign anything: practitioners, each with a contract that was offered to them."""
    scene, people = ContractScene(stage), []
    for _ in range(count):
        scene.practitioner = stage.practitioner()
        scene.offer()
        people.append(scene.practitioner)
    return people


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("name", TAKES)
def test_whatever_is_sent_as_a_picture_is_refused_or_stored_within_bounds(stage: Stage, name: str) -> None:
    """A refusal names the field and writes nothing; there is no 500, also not when all come at once."""
    body, table = TAKES[name]
    count = f"select count(*) from public.{table} where user_id = %s"
    sent = {**REFUSED, **ACCEPTED}
    people = dict(zip(sent, signers(stage, len(sent)), strict=True))
    with watched(stage, name) as function:
        first = signers(stage, 1)[0]
        function.post(body(stage, first, usual()), first).raise_for_status()
        before = function.peak
        with ThreadPoolExecutor(8) as crowd:
            replies = dict(
                zip(
                    sent,
                    crowd.map(
                        lambda each: function.post(body(stage, people[each], sent[each]), people[each]), sent
                    ),
                    strict=True,
                )
            )

    for each, reply in replies.items():
        if each in ACCEPTED:
            assert 200 == reply.status_code, (each, reply.text)
            continue
        refusal = reply.json()
        assert (422, "invalid_body") == (reply.status_code, refusal["code"]), (each, reply.text)
        assert refusal["details"][0]["field"] in picture_fields(openapi.document())[name], each
        assert refusal["message"].startswith(f"{refusal['details'][0]['field']}: "), each
        assert 0 == stage.value(count, people[each].id), each
    assert function.peak - before < BOUND_MB * MEGABYTE, f"{(function.peak - before) / MEGABYTE:.0f} MB"


@contextmanager
def written_past_us(stage: Stage, table: str) -> Iterator[None]:
    """Evidence in this table, and what was signed, can be changed to what no door lets in."""
    form, tables = f"{table}_image_is_png", {table, "practitioner_contracts"}
    check = stage.value("select pg_get_constraintdef(oid) from pg_constraint where conname = %s", form)
    stage.execute(f"alter table public.{table} drop constraint {form}")
    try:
        for each in tables:
            stage.execute(f"alter table public.{each} disable trigger user")
        yield
    finally:
        for each in tables:
            stage.execute(f"alter table public.{each} enable trigger user")
        stage.execute(f"alter table public.{table} add constraint {form} {check} not valid")


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("name", PRINTS)
def test_whatever_is_stored_as_a_picture_there_is_a_copy(stage: Stage, name: str) -> None:
    """With it or without it. What a copy says then stands in `tests/shared/test_documents.py`."""
    asked, table, key = PRINTS[name]
    (signer,) = signers(stage, 1)
    (taker,) = (taker for taker, (_, where) in TAKES.items() if where == table)
    stage.invoke(taker, TAKES[taker][0](stage, signer, usual()), as_=signer).raise_for_status()
    row = stage.value(f"select {key} from public.{table} where user_id = %s", signer.id)
    with watched(stage, name) as function, written_past_us(stage, table):
        # Only to be quick: a page is set in a third of the time of six.
        stage.execute("update public.liability_waivers set waiver_text = 'We agree.' where id = %s", row)
        stage.execute(
            "update public.practitioner_contracts set contract_text = 'We agree.' where id = %s", row
        )
        function.post({asked: str(row)}, signer).raise_for_status()
        before = function.peak
        for each, image in {**REFUSED, **ACCEPTED}.items():
            stage.execute(f"update public.{table} set signature_image = %s where {key} = %s", image, row)

            reply = function.post({asked: str(row)}, signer)

            assert (200, "application/pdf") == (reply.status_code, reply.headers["content-type"]), each
            # One that would only be too large once it is encoded anew can be printed.
            is_printed = each in ACCEPTED or "once encoded anew" in each
            assert is_printed == (b"/Subtype /Image" in reply.content), each
    assert function.peak - before < BOUND_MB * MEGABYTE, f"{(function.peak - before) / MEGABYTE:.0f} MB"
