"""See the classes to come, their seats and their waiting lists; by the link in a mail, wait for a seat, or take one.

Admins see by theirs who waits for a class, and move somebody up.

A refused booking names this page's short address. Without a link it shows what everybody may see, and sends the link to
whoever types their address: the answer and its time are the same for every address.
"""

from datetime import UTC, datetime

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.settings import ServiceSettings, SiteSettings
from shared.site_checkout import checkout_address
from shared.timezones import zone

from .contract import (
    FindClasses,
    FoundClass,
    move_up_by_link_rpc,
    read_coming_class_rpc,
    read_coming_classes_rpc,
    request_class_links_rpc,
    take_class_seat_rpc,
    wait_for_class_rpc,
)

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, SiteSettings), page=refusal_page)
async def find_classes(call: Call[FindClasses]) -> HTMLResponse:
    """A GET shows; a form's POST does what its button says. The secret key signs, and says what address was seen."""
    asked = call.body
    if not asked.token:
        return await _without_link(call)
    if asked.class_id is None:
        return await _list(call)
    if call.method != "POST" or asked.act is None:
        found = await call.database.rpc(read_coming_class_rpc, token=asked.token, class_id=asked.class_id)
        return _show(call, found)
    try:
        return _show(call, await _act(call), done=asked.act)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        found = await call.database.rpc(read_coming_class_rpc, token=asked.token, class_id=asked.class_id)
        return _show(call, found, refused=refused)


async def _without_link(call: Call[FindClasses]) -> HTMLResponse:
    address, is_asked, wrong = call.body.address or "", False, None
    if call.method == "POST":
        try:
            await call.service.rpc(request_class_links_rpc, address=address, ip_address=call.address)
            is_asked = True
        except Refusal as refused:
            if refused.code != "address_not_possible" or not tells_on_page(call, refused):
                raise
            wrong = refused
    return await _list(call, is_asked=is_asked, wrong=wrong)


async def _list(
    call: Call[FindClasses], *, is_asked: bool = False, wrong: Refusal | None = None
) -> HTMLResponse:
    shown = await call.database.rpc(read_coming_classes_rpc, token=call.body.token or None)
    return pages.show(
        "classes.html",
        status=wrong.status if wrong else 200,
        classes=shown.classes,
        own_zone=zone(shown.time_zone) if shown.time_zone else None,
        zone_of=zone,
        token=call.body.token,
        address=(call.body.address or "").strip(),
        is_asked=is_asked,
        wrong=wrong,
        site=SiteSettings.read().site,
    )


async def _act(call: Call[FindClasses]) -> FoundClass:
    asked = call.body
    if asked.act in ("wait", "leave"):
        return await call.database.rpc(
            wait_for_class_rpc, token=asked.token, class_id=asked.class_id, waits=asked.act == "wait"
        )
    if asked.act == "move_up":
        return await call.database.rpc(
            move_up_by_link_rpc,
            token=asked.token,
            class_id=asked.class_id,
            entry_id=asked.entry_id,
            reason=asked.reason,
        )
    return await call.service.rpc(
        take_class_seat_rpc,
        token=asked.token,
        class_id=asked.class_id,
        with_credit=asked.act == "take",
        version=asked.version,
        text_sha256=asked.text_sha256,
        signature_name=asked.signature_name,
        ip_address=call.address,
        user_agent=call.agent,
    )


def _show(
    call: Call[FindClasses], found: FoundClass, *, done: str | None = None, refused: Refusal | None = None
) -> HTMLResponse:
    site = SiteSettings.read().site
    page = pages.show(
        "class.html",
        status=refused.status if refused else 200,
        asked=found,
        session=found.shown,
        zone=zone(found.time_zone),
        checkout=checkout_address(found, site) if found.session_type_id else None,
        done=done,
        refused=refused,
        now=datetime.now(UTC),
        token=call.body.token,
        site=site,
    )
    page.headers.update(refused.headers if refused else {})
    return page
