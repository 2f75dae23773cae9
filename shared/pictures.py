"""Pictures from outside: the one place that decodes them.

    signature_image=await written_anew(call.body.signature_image, "signature_image")   # at signing
    drawing = on_white(stored)                                                         # for a copy

A small PNG can unfold to gigabytes, and decoders disagree on which of two headers counts. So its chunks are read
strictly first: one header, at the front, within the limits; data of exactly the size that it declares. The decoder
sees only what is left, and what is stored is what we encoded, pixel for pixel what was sent.
"""

import asyncio
import base64
import binascii
import io
import re
import struct
import threading
import zlib
from typing import TYPE_CHECKING, Annotated, NamedTuple

from pydantic import AfterValidator, Field

from .errors import BadRequest

if TYPE_CHECKING:
    from PIL import Image

# The database holds stored pictures to the same: `private.is_drawing`.
LIMIT_BYTES = 256 * 1024
LIMIT_PIXELS = 4_000_000
LIMIT_SIDE = 8192
LIMIT_CHUNKS = 1000

PREFIX = "data:image/png;base64,"
MAGIC = b"\x89PNG\r\n\x1a\n"
# Samples of a pixel and the bits that each may have, by colour type. Not 16 bits: written anew it would lose half.
COLOURS = {0: (1, (1, 2, 4, 8)), 2: (3, (8,)), 3: (1, (1, 2, 4, 8)), 4: (2, (8,)), 6: (4, (8,))}
# Header, palette with its transparency, data in one piece, end; `a` is what may be left out, and is.
LAYOUT = re.compile("Ha*(Pa*)?(Ta*)?D+a*E")
LETTERS = {b"IHDR": "H", b"PLTE": "P", b"tRNS": "T", b"IDAT": "D", b"IEND": "E"}
ANCILLARY = re.compile(rb"[a-z][A-Za-z][A-Z][A-Za-z]")
ANIMATION = {b"acTL", b"fcTL", b"fdAT"}
PIECE = 64 * 1024
PRINTED = (1800, 600)  # more than a printer sees on the line that is signed on

# One at a time, whatever the concurrency: a picture may take 40 MB while it is decoded.
_decoding = threading.Lock()


class Unreadable(ValueError):
    """Not a picture that we decode; the sentence goes on from a field's name."""


class Png(NamedTuple):
    """What a PNG consists of, its data still compressed."""

    header: bytes
    palette: bytes
    transparency: bytes
    data: bytes
    unfolded: int  # bytes


def png_of(data_url: str) -> bytes:
    """The bytes inside a data URL that says it is a PNG."""
    if not data_url.startswith(PREFIX):
        raise Unreadable("must be a PNG image as a data URL")
    try:
        return base64.b64decode(data_url.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise Unreadable("is not valid base64") from None


def read(image: bytes) -> Png:
    """Its chunks, strictly."""
    if not image.startswith(MAGIC):
        raise Unreadable("is not a PNG image")
    if len(image) > LIMIT_BYTES:
        raise Unreadable(f"must be at most {LIMIT_BYTES // 1024} KiB")
    found: dict[bytes, list[bytes]] = {kind: [] for kind in LETTERS}
    layout, at = "", len(MAGIC)
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4].ljust(4, b"\xff"))
        kind, data = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        checksum = image[at + 8 + length : at + 12 + length]
        if len(checksum) < 4:
            raise Unreadable("is a PNG image that is cut off, or that something follows")
        if zlib.crc32(data, zlib.crc32(kind)) != int.from_bytes(checksum):
            raise Unreadable("is a PNG image with a wrong checksum")
        if kind in ANIMATION:
            raise Unreadable("must not be animated")
        if len(layout) == LIMIT_CHUNKS:
            raise Unreadable("is a PNG image in too many parts")
        layout += LETTERS.get(kind) or ("a" if ANCILLARY.fullmatch(kind) else "?")
        if kind in found:
            found[kind].append(data)
        at += 12 + length
    if not LAYOUT.fullmatch(layout):
        raise Unreadable("is a PNG image with parts that are missing, doubled, unknown or out of order")
    header, palette, transparency = (b"".join(found[kind]) for kind in (b"IHDR", b"PLTE", b"tRNS"))
    colour, bits, unfolded = _measure(header)
    if colour != 3:  # a palette is a suggestion then
        palette = b""
    if len(palette) % 3 or len(palette) > 3 * 2**bits or (colour == 3 and not palette):
        raise Unreadable("is a PNG image with a palette that does not fit")
    if len(transparency) > len(palette) // 3:
        raise Unreadable("is a PNG image with a transparency that does not fit its palette")
    return Png(header, palette, transparency, b"".join(found[b"IDAT"]), unfolded)


def _measure(header: bytes) -> tuple[int, int, int]:
    """Colour type, bits of a sample, and how many bytes the data must unfold to."""
    if len(header) != 13:
        raise Unreadable("is a PNG image with a broken header")
    width, height, bits, colour, *methods = struct.unpack(">IIBBBBB", header)
    if not (0 < width <= LIMIT_SIDE and 0 < height <= LIMIT_SIDE and width * height <= LIMIT_PIXELS):
        raise Unreadable(f"must have 1 to {LIMIT_PIXELS:,} pixels, at most {LIMIT_SIDE} on a side")
    samples, allowed = COLOURS.get(colour, (0, ()))
    if bits not in allowed or any(methods):
        raise Unreadable("must be a PNG image of at most 8 bits a channel, not interlaced")
    return colour, bits, height * (1 + (width * samples * bits + 7) // 8)


def decoded(image: bytes) -> "Image.Image":
    """The picture, in mode L, LA, RGB or RGBA. For a thread, and under the lock."""
    from PIL import Image  # its first use costs 50 ms, so whoever sends no picture does not pay for it

    png = read(image)
    _check_unfolded(png)
    parts = [(b"IHDR", png.header), (b"PLTE", png.palette), (b"tRNS", png.transparency), (b"IDAT", png.data)]
    clean = MAGIC + b"".join(_chunk(kind, data) for kind, data in parts if data) + _chunk(b"IEND", b"")
    try:
        picture = Image.open(io.BytesIO(clean), formats=("PNG",))
        picture.load()
    except Exception as error:
        raise Unreadable("is a PNG image that cannot be decoded") from error
    if picture.mode == "P":
        return picture.convert("RGBA" if png.transparency else "RGB")
    return picture.convert("L") if picture.mode == "1" else picture


def _check_unfolded(png: Png) -> None:
    """The data is as long as the header says, to the byte; never more of it than a piece is in memory."""
    inflate, rest, size = zlib.decompressobj(), png.data, 0
    try:
        while not inflate.eof:
            piece = inflate.decompress(rest, PIECE)
            rest, size = inflate.unconsumed_tail, size + len(piece)
            if size > png.unfolded or not (piece or rest or inflate.eof):
                break
    except zlib.error:
        raise Unreadable("is a PNG image that cannot be decoded") from None
    if not inflate.eof or inflate.unused_data or size != png.unfolded:
        raise Unreadable("is a PNG image whose data is not of the size that it declares")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def encoded_anew(image: bytes) -> bytes:
    """The same pixels as a PNG of our own: header, data, end. For a thread."""
    file = io.BytesIO()
    with _decoding:
        decoded(image).save(file, "PNG")
    if len(file.getvalue()) > LIMIT_BYTES:
        raise Unreadable(f"must be at most {LIMIT_BYTES // 1024} KiB when it is encoded anew")
    return file.getvalue()


async def written_anew(data_url: str | None, field: str) -> str | None:
    """The picture, encoded anew, as PostgreSQL writes bytes; or a refusal that names the field."""
    if data_url is None:
        return None
    try:
        image = await asyncio.to_thread(encoded_anew, png_of(data_url))
    except Unreadable as problem:
        details = [{"field": field, "problem": str(problem)}]
        raise BadRequest(sentence=f"{field}: {problem}.", details=details) from None
    return f"\\x{image.hex()}"


def on_white(image: bytes) -> "Image.Image":
    """The picture in grey on white paper, as large as it is printed at most. For a thread."""
    from PIL import Image

    with _decoding:
        picture = decoded(image)
        grey, opacity = picture.convert("L"), picture.getchannel("A") if "A" in picture.mode else None
        del picture  # four times as large as what follows
        paper = Image.new("L", grey.size, 255)
        paper.paste(grey, mask=opacity)
        paper.thumbnail(PRINTED)
        return paper


def _checked(data_url: str) -> str:
    read(png_of(data_url))
    return data_url


PngDataUrl = Annotated[
    str,
    Field(
        max_length=len(PREFIX) + (LIMIT_BYTES + 2) // 3 * 4,
        json_schema_extra={"format": "png-data-url"},
    ),
    AfterValidator(_checked),
]
