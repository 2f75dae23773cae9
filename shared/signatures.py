"""A drawn signature, as a page sends it: a PNG in a data URL."""

import base64
import binascii
import struct
from typing import Annotated

from pydantic import AfterValidator

IMAGE_LIMIT_BYTES = 256 * 1024
IMAGE_LIMIT_PIXELS = 4_000_000  # a small file can decompress to gigabytes
PNG_PREFIX = "data:image/png;base64,"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def png_of(data_url: str) -> bytes:
    """The picture inside a data URL. Raises ValueError with a sentence if it is not a PNG of at most 256 KiB."""
    if not data_url.startswith(PNG_PREFIX):
        raise ValueError("must be a PNG image as a data URL")
    try:
        image = base64.b64decode(data_url.removeprefix(PNG_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("is not valid base64") from None
    if not image.startswith(PNG_MAGIC):
        raise ValueError("is not a PNG image")
    if len(image) > IMAGE_LIMIT_BYTES:
        raise ValueError("must be at most 256 KiB")
    if pixels(image) > IMAGE_LIMIT_PIXELS:
        raise ValueError("must have at most four million pixels")
    return image


def pixels(image: bytes) -> int:
    """How many pixels a PNG declares; 0 if it ends before that."""
    if len(image) < 24:
        return 0
    width, height = struct.unpack(">II", image[16:24])
    return int(width * height)


def for_database(data_url: str | None) -> str | None:
    """The picture as PostgreSQL writes bytes, if there is one."""
    return f"\\x{png_of(data_url).hex()}" if data_url else None


def _checked(data_url: str) -> str:
    png_of(data_url)
    return data_url


SignatureImage = Annotated[str, AfterValidator(_checked)]
