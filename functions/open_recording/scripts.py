"""What the page runs of others: hls.js, which plays HLS where the browser does not.

Its version and hash are in package-lock.json beside this; installing and bundling bring it here (decision 55).
"""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.responses import Response

from shared.errors import NotFound

HERE = Path(__file__).parent
_locked = json.loads((HERE / "package-lock.json").read_text())["packages"]["node_modules/hls.js"]
# The light one does without what Agora never writes: alternate sound, subtitles, encryption.
FILE = HERE / "node_modules" / "hls.js" / "dist" / "hls.light.min.js"
STREAMS = f"hls-{_locked['version']}.js"  # another version is another address, so browsers may keep it


def serve(name: str, headers: Mapping[str, str]) -> Response:
    """The script of that name, compressed for whoever takes it so."""
    if name != STREAMS:
        raise NotFound("script_not_found", "There is no such script.", hint="Please load the page again.")
    kept = {
        "cache-control": "public, max-age=31536000, immutable",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
    }
    plain, small = _read()
    if "gzip" in headers.get("accept-encoding", ""):
        return Response(small, media_type="text/javascript", headers={**kept, "content-encoding": "gzip"})
    return Response(plain, media_type="text/javascript", headers=kept)


@cache
def _read() -> tuple[bytes, bytes]:
    plain = FILE.read_bytes()
    return plain, gzip.compress(plain, mtime=0)
