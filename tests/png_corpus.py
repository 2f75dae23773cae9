"""PNGs as no signature pad writes them: what each hides, and whether it may be signed with all the same."""

import base64
import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

MAGIC = b"\x89PNG\r\n\x1a\n"
SIDE = 13_000


def data_url(image: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(image).decode()


def chunk(kind: bytes, data: bytes = b"", *, off_by: int = 0) -> bytes:
    """A chunk; its checksum may be off."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ off_by)


def header(
    width: int = 4, height: int = 3, bits: int = 8, colour: int = 6, *, methods: bytes = b"\0\0\0"
) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBB", width, height, bits, colour) + methods)


def packed(size: int) -> bytes:
    """So many zeros, compressed; they are never all there."""
    squeeze = zlib.compressobj(9)
    pieces = [squeeze.compress(bytes(min(2**20, size - at))) for at in range(0, size, 2**20)]
    return b"".join(pieces) + squeeze.flush()


def data(width: int = 4, height: int = 3, bits: int = 32) -> bytes:
    """The data of a picture all of whose samples are zero."""
    return chunk(b"IDAT", packed(height * (1 + (width * bits + 7) // 8)))


END = chunk(b"IEND")
SMALL = MAGIC + header() + data() + END
HUGE = header(SIDE, SIDE, 1, 0) + data(SIDE, SIDE, 1)  # 20 KB: 21 MB of bits, 2 GB as a decoder unfolds them
ANIMATED = chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(
    b"fcTL", struct.pack(">IIIIIHHBB", 0, 4, 3, 0, 0, 1, 1, 0, 0)
)
PALETTE = chunk(b"PLTE", b"\0\0\0" * 4)
INDEXED = header(colour=3) + PALETTE


def encoded(form: str) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((16, 16), 40).save(file, form)
    return file.getvalue()


def many_colours() -> bytes:
    """A palette's picture that is small, and larger than the limit in full colours."""
    noise = Image.effect_noise((500, 500), 200)
    noise.putpalette(bytes(value * step % 256 for value in range(256) for step in (1, 7, 31)))
    file = io.BytesIO()
    noise.save(file, "PNG")
    return file.getvalue()


REFUSED = {
    # Where a header's sides would stand, it says one pixel.
    "the first chunk is not IHDR": MAGIC + chunk(b"prVt", struct.pack(">II", 1, 1)) + HUGE + END,
    "a text before IHDR": MAGIC + chunk(b"tEXt", b"a\0" + bytes(40)) + HUGE + END,
    "two IHDRs, the second huge": MAGIC + header(1, 1) + HUGE + END,
    "two IHDRs, the first huge": MAGIC + header(SIDE, SIDE) + header() + data() + END,
    "an IHDR after the data": MAGIC + header() + data() + HUGE + END,
    "huge, and says so": MAGIC + HUGE + END,
    "huge beyond any memory": MAGIC + header(2**31 - 1, 2**31 - 1) + data() + END,
    "sides that overflow": MAGIC + header(2**32 - 1, 2**32 - 1) + data() + END,
    "one row without end": MAGIC + header(4_000_000, 1, 1, 0) + data(4_000_000, 1, 1) + END,
    "one pixel too many": MAGIC + header(2000, 2001, 1, 0) + data(2000, 2001, 1) + END,
    "no pixels": MAGIC + header(0, 0) + data() + END,
    "no height": MAGIC + header(4, 0) + data() + END,
    "more data than pixels": MAGIC + header() + chunk(b"IDAT", packed(200 * 2**20)) + END,
    "less data than pixels": MAGIC + header(2000, 2000) + data() + END,
    "data after the data": MAGIC + header() + chunk(b"IDAT", packed(51) + b"more") + END,
    "data that is not compressed": MAGIC + header() + chunk(b"IDAT", bytes(51)) + END,
    "data in two places": MAGIC + header() + data()[:-4] + chunk(b"tEXt", b"a\0b") + data() + END,
    "two pictures of data": MAGIC + header() + data() + chunk(b"tEXt", b"a\0b") + data() + END,
    "an unknown filter": MAGIC + header() + chunk(b"IDAT", zlib.compress(bytes([9] + [0] * 16) * 3)) + END,
    "a wrong checksum": MAGIC + header() + chunk(b"IDAT", packed(51), off_by=1) + END,
    "a wrong checksum of what is left out": MAGIC
    + header()
    + chunk(b"tEXt", b"a\0b", off_by=1)
    + data()
    + END,
    "an unknown chunk that matters": MAGIC + header() + chunk(b"CgBI", b"\0") + data() + END,
    "a chunk without a name": MAGIC + header() + chunk(b"\0\0\0\0") + data() + END,
    "a chunk longer than the file": MAGIC + header() + b"\xff\xff\xff\xffIDAT",
    "20,000 empty chunks": MAGIC + header() + chunk(b"prVt") * 20_000 + data() + END,
    "20,000 pieces of data": MAGIC + header() + chunk(b"IDAT") * 20_000 + data() + END,
    "a short header": MAGIC + chunk(b"IHDR", bytes(12)) + data() + END,
    "nothing but the magic": MAGIC,
    "only a header": SMALL[:33],
    "cut off in the data": SMALL[:50],
    "without an end": SMALL[: -len(END)],
    "trailing bytes": SMALL + b"PK\3\4 and so on, for a while",
    "trailing zeros": SMALL + b"\0",
    "another PNG behind it": SMALL + SMALL,
    "two ends": SMALL + END,
    "animated": MAGIC + header() + ANIMATED + data() + chunk(b"fdAT", bytes(60)) + END,
    "interlaced": MAGIC + header(2000, 2000, methods=b"\0\0\1") + data(2000, 2000, 32) + END,
    "an unknown method": MAGIC + header(methods=b"\1\0\0") + data() + END,
    "16 bits": MAGIC + header(bits=16) + data(bits=64) + END,
    "16 bits of grey": MAGIC + header(bits=16, colour=0) + data(bits=16) + END,
    "an unknown colour type": MAGIC + header(colour=5) + data() + END,
    "3 bits": MAGIC + header(bits=3, colour=0) + data(bits=3) + END,
    "no palette": MAGIC + header(colour=3) + data(bits=8) + END,
    "an empty palette": MAGIC + header(colour=3) + chunk(b"PLTE") + data(bits=8) + END,
    "a palette of 80,000 colours": MAGIC
    + header(colour=3)
    + chunk(b"PLTE", bytes(240_000))
    + data(bits=8)
    + END,
    "a palette of half a colour": MAGIC + header(colour=3) + chunk(b"PLTE", bytes(4)) + data(bits=8) + END,
    "five colours in two bits": MAGIC
    + header(bits=2, colour=3)
    + chunk(b"PLTE", bytes(15))
    + data(bits=2)
    + END,
    "two palettes": MAGIC + INDEXED + PALETTE + data(bits=8) + END,
    "a palette after the data": MAGIC + header(colour=3) + data(bits=8) + PALETTE + END,
    "more transparency than palette": MAGIC + INDEXED + chunk(b"tRNS", bytes(5)) + data(bits=8) + END,
    "a transparent colour": MAGIC + header(colour=2) + chunk(b"tRNS", bytes(6)) + data(bits=24) + END,
    "too many bytes": MAGIC + header() + chunk(b"tEXt", b"a\0" + bytes(2**18)) + data() + END,
    "too many bytes once encoded anew": many_colours(),
    **{f"{form} called a PNG": encoded(form) for form in ("JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")},
    "SVG called a PNG": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    "a MNG": b"\x8aMNG\r\n\x1a\n" + header() + data() + END,
    "nothing": b"",
}
# What could hide in these is left out unread, and nothing else of them is large.
ACCEPTED = {
    "a huge text": MAGIC + header() + chunk(b"tEXt", b"a\0" + b"b" * 250_000) + data() + END,
    "a text that unfolds": MAGIC + header() + chunk(b"zTXt", b"a\0\0" + packed(200 * 2**20)) + data() + END,
    "an international text that unfolds": MAGIC
    + header()
    + chunk(b"iTXt", b"a\0\1\0\0\0" + packed(100 * 2**20))
    + data()
    + END,
    "a colour profile that unfolds": MAGIC
    + header()
    + chunk(b"iCCP", b"a\0\0" + packed(200 * 2**20))
    + data()
    + END,
    "metadata that is broken": MAGIC + header() + chunk(b"eXIf", b"II*\0\xff\xff\xff\xff") + data() + END,
    "a header's worth of broken facts": MAGIC
    + header()
    + b"".join(chunk(kind) for kind in (b"gAMA", b"cHRM", b"sRGB", b"pHYs"))
    + data()
    + END,
    "900 pieces of data": MAGIC + header() + chunk(b"IDAT") * 900 + data() + END,
    "an index outside the palette": MAGIC
    + INDEXED
    + chunk(b"IDAT", zlib.compress(b"\0\xff\xff\xff\xff" * 3))
    + END,
    "as many pixels as may be": MAGIC + header(2000, 2000) + data(2000, 2000, 32) + END,
    "one pixel": MAGIC + header(1, 1) + data(1, 1) + END,
    "a line across": MAGIC + header(8192, 1) + data(8192, 1) + END,
    "a line down": MAGIC + header(1, 8192) + data(1, 8192) + END,
    "as wide as may be": MAGIC + header(8192, 488, 1, 0) + data(8192, 488, 1) + END,
}


def of_every_kind() -> Iterator[tuple[str, bytes]]:
    """Pictures as programs write them, in each form that a PNG of at most 8 bits a channel has."""
    drawn = Image.linear_gradient("L").resize((31, 17)).convert("RGBA")
    drawn.putalpha(Image.radial_gradient("L").resize((31, 17)))
    opaque = drawn.convert("RGB")
    forms = {
        "RGBA": (drawn, {}),
        "RGB": (opaque, {}),
        "LA": (drawn.convert("LA"), {}),
        "L": (opaque.convert("L"), {}),
        "1": (opaque.convert("1"), {}),
        **{f"P of {bits} bits": (opaque.quantize(2**bits), {"bits": bits}) for bits in (1, 2, 4, 8)},
        "P with transparency": (drawn.quantize(16), {}),
    }
    for name, (picture, options) in forms.items():
        file = io.BytesIO()
        picture.save(file, "PNG", **options)
        yield name, file.getvalue()
