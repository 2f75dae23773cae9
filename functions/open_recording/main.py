"""Play a recording by its link: a page for a browser, a redirect to the file for the player in it.

The link is good until it is revoked, and each view is logged. What it redirects to is signed for a minute, and knows
neither; so nothing here ever hands out a longer one, and a player comes back here whenever it needs another.
"""

import hashlib
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared.agora.playlist import readdress
from shared.call import Call
from shared.errors import Refusal
from shared.serving import endpoint
from shared.settings import ServiceSettings, SupabaseSettings
from shared.storage.supabase import Storage

from .contract import OpenedRecording, OpenRecording, view_recording_rpc
from .page import not_found_page, player_page

END = "#EXT-X-ENDLIST"
BUCKET = "session-recordings"
SIGNED_FOR_S = 60
PRIVATE = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


@endpoint(caller="public", methods=("GET",), settings=(ServiceSettings,))
async def open_recording(call: Call[OpenRecording]) -> Response:
    """Show, redirect or rewrite. An unknown link and a revoked one look the same."""
    wants_page = "text/html" in call.headers.get("accept", "")
    try:
        found = await call.service.rpc(
            view_recording_rpc,
            token_sha256=hashlib.sha256(call.body.token.encode()).hexdigest(),
            part=call.body.part,
            file_name=call.body.file,
            view_id=call.body.view,
            ip_address=call.address,
            user_agent=call.agent,
        )
    except Refusal as refused:
        if refused.status == 404 and wants_page:
            return _private(not_found_page())
        raise
    if wants_page:
        addresses = [
            _address(call.body.token, found, part=part) for part in range(1, len(found.part_kinds) + 1)
        ]
        return _private(player_page(addresses, media_origin=SupabaseSettings.read().supabase_url))
    if found.kind == "playlist":
        return _private(await _playlist(call.body.token, found))
    return _private(RedirectResponse(await Storage(BUCKET).sign(found.storage_path, SIGNED_FOR_S), 302))


async def _playlist(token: str, found: OpenedRecording) -> Response:
    """The stored playlist, each slice at our own address: it is signed when it is played, not an hour before."""
    stored = b"".join([piece async for piece in Storage(BUCKET).read(found.storage_path)])
    text = readdress(stored.decode(errors="replace"), lambda name: _address(token, found, file=name))
    if END not in text:
        text += END + "\n"  # a crash kept it back; without it a player waits for more
    return Response(text, media_type="application/vnd.apple.mpegurl")


def _address(token: str, found: OpenedRecording, **which: int | str) -> str:
    query = urlencode({"token": token, "view": found.view, **which})
    return f"{SupabaseSettings.read().public_functions_url}/open-recording?{query}"


def _private(response: Response | HTMLResponse) -> Response:
    response.headers.update(PRIVATE)
    return response
