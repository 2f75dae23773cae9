"""Play a recording by its link: a page for a browser, a redirect to the file for the player in it.

A link is somebody's own (`token`) or was shared (`share`). It is good until it is revoked, and each view is logged: a
view is one browser's, by a cookie. It leads to PAGES_URL; those from before lead to the functions, and open as well.
What it redirects to is signed for a minute, and knows neither; so nothing here ever hands out a longer one, and a
player comes back here whenever it needs another.
"""

from starlette.responses import RedirectResponse, Response

from shared.agora.playlist import readdress
from shared.call import Call
from shared.errors import NotAllowed
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings, SupabaseSettings
from shared.share_links import scrypt_of, sha256_of, split
from shared.storage.supabase import Storage

from . import scripts
from .contract import (
    OpenedRecording,
    OpenRecording,
    SharedRecording,
    count_password_guess_rpc,
    open_share_link_rpc,
    view_recording_rpc,
)
from .film_page import file_name, film_page
from .view_cookie import keep_view_key, view_key

END = "#EXT-X-ENDLIST"
BUCKET = "session-recordings"
SIGNED_FOR_S = 60
PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "x-content-type-options": "nosniff",
}
pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, PagesSettings), page=refusal_page)
async def open_recording(call: Call[OpenRecording]) -> Response:
    """Show, redirect or rewrite. An unknown link and a revoked one look the same.

    A shared link with a password or a view limit is opened by a POST; what looks at it before uses nothing up. A HEAD
    begins no view, and so leads to no file: it is answered as the page would be.
    """
    if call.body.script:
        return scripts.serve(call.body.script, call.headers)
    wants_page = _wants_page(call)
    found = await _find_shared(call) if call.body.share else await _find(call)
    if isinstance(found, SharedRecording):
        if wants_page:
            return _door(call.body.share, found)
        raise NotAllowed(f"share_link_{found.state}", "This link is opened on its page.")
    response = await _show(call, found, wants_page)
    response.headers.update(PRIVATE)
    if found.new_view_key:
        keep_view_key(response, call.body, found.new_view_key)
    return response


def _wants_page(call: Call[OpenRecording]) -> bool:
    is_browser = "text/html" in call.headers.get("accept", "")
    return call.method == "HEAD" or (is_browser and not call.body.download)


async def _show(call: Call[OpenRecording], found: OpenedRecording, wants_page: bool) -> Response:
    if call.method == "POST":
        # So that the page can be loaded again without a password in its history.
        return RedirectResponse(_address(call.body), 303)
    if wants_page and found.film:
        return pages.show(
            "player.html",
            **film_page(
                found.film,
                call.body.part,
                is_shared=bool(call.body.share),
                address=_address(call.body),
                streams_script=PagesSettings.read().address("open_recording", script=scripts.STREAMS),
            ),
            runs_script=True,
            media_from=[SupabaseSettings.read().supabase_url],
        )
    if found.kind == "playlist" and not call.body.download:
        return await _playlist(call.body, found)
    part = None if call.body.file else call.body.part
    name = file_name(found.film, part, found.storage_path) if found.film and call.body.download else ""
    return RedirectResponse(await Storage(BUCKET).sign(found.storage_path, SIGNED_FOR_S, save_as=name), 302)


def _door(share: str, link: SharedRecording) -> Response:
    """A password where there is one, and a button, because opening is an act that is counted."""
    is_wrong = link.state == "wrong_password"
    return pages.show(
        "door.html",
        status=403 if is_wrong else 200,
        share=share,
        has_password=link.has_password,
        is_wrong=is_wrong,
    )


async def _find(call: Call[OpenRecording]) -> OpenedRecording:
    return await call.service.rpc(
        view_recording_rpc,
        token_sha256=sha256_of(call.body.token),
        part=call.body.part,
        file_name=call.body.file,
        view_sha256=_view_sha256(call),
        begins_view=call.method != "HEAD",
        describes=_wants_page(call) or call.body.download,
        ip_address=call.address,
        user_agent=call.agent,
    )


async def _find_shared(call: Call[OpenRecording]) -> OpenedRecording | SharedRecording:
    body, opens = call.body, call.method == "POST"
    token, salt = split(body.share)
    guessed = opens and body.password and salt
    token_sha256 = sha256_of(token)
    if guessed:
        await call.service.rpc(count_password_guess_rpc, token_sha256=token_sha256, ip_address=call.address)
    found = await call.service.rpc(
        open_share_link_rpc,
        token_sha256=token_sha256,
        opens=opens,
        password_scrypt=await scrypt_of(body.password, salt) if opens and body.password and salt else None,
        part=body.part,
        file_name=body.file,
        view_sha256=_view_sha256(call),
        begins_view=call.method != "HEAD",
        describes=_wants_page(call) or call.body.download,
        ip_address=call.address,
        user_agent=call.agent,
    )
    return OpenedRecording(**found.model_dump()) if found.state == "open" else found


def _view_sha256(call: Call[OpenRecording]) -> str | None:
    key = view_key(call.headers, call.body)
    return sha256_of(key) if key else None


async def _playlist(asked: OpenRecording, found: OpenedRecording) -> Response:
    """The stored playlist, each slice at our own address: it is signed when it is played, not an hour before."""
    stored = b"".join([piece async for piece in Storage(BUCKET).read(found.storage_path)])
    text = readdress(stored.decode(errors="replace"), lambda name: _address(asked, file=name))
    if END not in text:
        text += END + "\n"  # a crash kept it back; without it a player waits for more
    return Response(text, media_type="application/vnd.apple.mpegurl")


def _address(asked: OpenRecording, **which: int | str) -> str:
    link = {"share": asked.share} if asked.share else {"token": asked.token}
    return PagesSettings.read().address("open_recording", **link, **{k: str(v) for k, v in which.items()})
