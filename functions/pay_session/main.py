"""Pay for a session that no credit was good for, or a bank did not pay: shows it, and leads to the site's checkout."""

from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.refused_checkouts import REASONS
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import PaySession, SessionToPay, read_session_to_pay_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def pay_session(call: Call[PaySession]) -> HTMLResponse:
    """The short address in a refusal has no link: who opens it is told that the link is in their mail."""
    site = SiteSettings.read().site
    if not call.body.token:
        return pages.show("look_into_your_mail.html", site=site)
    picked = await call.database.rpc(read_session_to_pay_rpc, token=call.body.token)
    return pages.show(
        "pay.html",
        session=picked,
        zone=zone(picked.time_zone),
        reason=REASONS.get(picked.reason) if picked.reason else None,
        checkout=_checkout(picked, site),
        site=site,
    )


def _checkout(picked: SessionToPay, site: str) -> str:
    """The website's checkout, as its own pages lead there."""
    query = {
        "practitioner_id": picked.practitioner_id,
        "scheduled_at": f"{picked.scheduled_at:%Y-%m-%dT%H:%M:%S}.000Z",
        "duration_minutes": picked.duration_minutes,
        "session_type": picked.session_type,
        "is_group": str(picked.is_group).lower(),
        "session_location": picked.session_location,
        "session_type_id": picked.session_type_id,
        "physical_location": picked.physical_location,
        "group_session_id": picked.group_class_id,
    }
    return f"{site}/sessions/payment?{urlencode({name: each for name, each in query.items() if each is not None})}"
