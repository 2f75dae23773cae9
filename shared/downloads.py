"""Files that a function hands out, whatever asks for them: a browser's address bar, or supabase-js.

supabase-js makes a Blob of `application/octet-stream` and `application/pdf`, and decodes everything else as text: a ZIP
arrives broken, a CSV without its byte order mark. So a file is sent as bytes, and its name says what it is. Pages
and playlists, which browsers fetch by themselves, keep their types.
"""

from collections.abc import AsyncIterator, Iterator

from starlette.responses import Response, StreamingResponse


def saved_as(name: str) -> dict[str, str]:
    """Headers of a file that a browser saves under a name of its own, and no proxy stores. The name is ASCII."""
    return {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}


class Download(Response):
    """A file as a reply."""

    media_type = "application/octet-stream"

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content, headers=saved_as(name))


class Pdf(Download):
    """A PDF as a reply, which a browser may also show."""

    media_type = "application/pdf"


class StreamedDownload(StreamingResponse):
    """A file that is sent while it is made. If that fails the connection breaks off: half a file is not a whole one."""

    media_type = "application/octet-stream"

    def __init__(self, name: str, pieces: AsyncIterator[bytes] | Iterator[bytes]) -> None:
        super().__init__(pieces, headers=saved_as(name))
