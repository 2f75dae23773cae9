"""Pictures from outside: read strictly, decoded within bounds, and the same picture afterwards."""

import asyncio
import base64
import io
import re
import struct
import subprocess
import sys

import pytest
from PIL import Image
from pydantic import TypeAdapter, ValidationError

from deploy.functions import ROOT
from shared.errors import BadRequest
from shared.pictures import PngDataUrl, Unreadable, encoded_anew, on_white, written_anew
from tests.contract_scene import drawing
from tests.png_corpus import ACCEPTED, REFUSED, data_url, of_every_kind

from .test_documents import document

PICTURES = dict(of_every_kind())
USUAL = base64.b64decode(drawing().split(",")[1])
# Signs with each picture and prints each on a copy; then, in MB, the most that the process ever held, as the kernel
# counts it for the program that runs now and not for what started it.
MEASURED = """
import base64, sys
from shared.documents.signed import SignedDocument
from shared.documents.signed_pages import render
from shared.pictures import Unreadable, encoded_anew
given = SignedDocument.model_validate_json(sys.stdin.readline())
for image in sys.stdin.read().split():
    try:
        encoded_anew(base64.b64decode(image))
    except Unreadable:
        pass
    render(given.model_copy(update={"signature_image": image}), "https://project.test/")
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""


def most_megabytes(*images: bytes) -> int:
    """Of a process that signs with each of these and prints each."""
    lines = [document("We agree.").model_dump_json(), *(base64.b64encode(image).decode() for image in images)]
    run = subprocess.run(
        [sys.executable, "-c", MEASURED],
        cwd=ROOT,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return int(run.stdout)


@pytest.mark.parametrize("name", PICTURES)
def test_what_is_stored_is_the_same_picture_as_we_encode_it(name: str) -> None:
    """Every pixel, in a file of a header, data and an end: no text, no profile, no palette."""
    anew = encoded_anew(PICTURES[name])

    sent, stored = (Image.open(io.BytesIO(image)).convert("RGBA") for image in (PICTURES[name], anew))
    assert (sent.size, sent.tobytes()) == (stored.size, stored.tobytes())
    assert re.fullmatch(rb"(IHDR)(IDAT)+(IEND)", b"".join(re.findall(rb"IHDR|PLTE|tRNS|IDAT|IEND", anew)))
    assert anew == encoded_anew(anew)


@pytest.mark.parametrize("name", PICTURES)
def test_a_copy_shows_it_in_grey_on_white(name: str) -> None:
    """As it looks on paper, to one step of grey."""
    picture = Image.open(io.BytesIO(PICTURES[name])).convert("RGBA")
    paper = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("L")

    printed = on_white(PICTURES[name])

    assert ("L", paper.size) == (printed.mode, printed.size)
    assert 1 >= max(abs(a - b) for a, b in zip(paper.tobytes(), printed.tobytes(), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_a_plain_small_png_is_refused_with_a_sentence(name: str) -> None:
    """By the model, or where it is decoded: by the field's name; and no copy prints it."""
    with pytest.raises((ValidationError, BadRequest)) as refused:
        asyncio.run(
            written_anew(TypeAdapter(PngDataUrl).validate_python(data_url(REFUSED[name])), "signature_image")
        )
    if isinstance(refused.value, BadRequest):
        assert "signature_image" == refused.value.details[0]["field"]
        assert refused.value.sentence.startswith("signature_image: ")
    if name != "too many bytes once encoded anew":
        with pytest.raises(Unreadable):
            on_white(REFUSED[name])


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_hides_beside_the_picture_is_left_out(name: str) -> None:
    """Unread: what is stored is small, and has nothing but pixels."""
    anew = encoded_anew(ACCEPTED[name])

    assert len(anew) < 20_000
    width, height = struct.unpack(">II", ACCEPTED[name][16:24])
    printed = on_white(ACCEPTED[name])
    assert (width, height) == Image.open(io.BytesIO(anew)).size
    assert printed.width <= min(width, 1800) and printed.height <= min(height, 600)


@pytest.mark.parametrize(
    "wrong", ["data:image/jpeg;base64,/9j/", "data:image/png;base64,***", "", "x" * 2**20]
)
def test_what_is_no_data_url_of_a_png_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PngDataUrl).validate_python(wrong)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own count of a process is read from /proc")
def test_no_picture_takes_more_memory_than_a_small_machine_has() -> None:
    """Setting type takes 85 MB by itself. 13,000 by 13,000 pixels in 20 KB take nothing on top, all others little."""
    everything = [*REFUSED.values(), *ACCEPTED.values()]

    bomb, usual = most_megabytes(REFUSED["the first chunk is not IHDR"]), most_megabytes(USUAL)
    as_many_usual, largest = most_megabytes(*[USUAL] * len(everything)), most_megabytes(*everything)

    assert bomb < 100 and bomb - usual < 4, f"{bomb} MB, {usual} MB with a usual drawing"
    assert largest - as_many_usual < 32, f"{largest} MB, {as_many_usual} MB with usual drawings"
