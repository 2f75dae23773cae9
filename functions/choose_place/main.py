"""Choose where a session is, online or at a studio, by the link in its first mail."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import ChoosePlace, choose_place_rpc, read_place_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def choose_place(call: Call[ChoosePlace]) -> HTMLResponse:
    """A GET shows; a form's POST chooses."""
    is_choice = call.method == "POST" and call.body.place is not None
    if is_choice:
        studio = None if call.body.place == "online" else call.body.place
        found = await call.database.rpc(choose_place_rpc, token=call.body.token, studio_id=studio)
    else:
        found = await call.database.rpc(read_place_rpc, token=call.body.token)
    return pages.show(
        "place.html",
        place=found,
        session=found.session,
        zone=zone(found.time_zone),
        is_done=is_choice,
        site=SiteSettings.read().site,
    )
