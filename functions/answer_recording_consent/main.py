"""Say whether one may be recorded, by the link in a mail; and say otherwise later, by the same link."""

from starlette.responses import HTMLResponse

from shared.call import Call
from shared.pages import PAGE_METHODS, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import ServiceSettings, SiteSettings
from shared.timezones import zone

from .contract import AnswerRecordingConsent, answer_recording_consent_rpc, read_recording_consent_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(ServiceSettings, SiteSettings), page=refusal_page)
async def answer_recording_consent(call: Call[AnswerRecordingConsent]) -> HTMLResponse:
    """A GET shows; a form's POST records the answer, with the address and agent the server saw."""
    is_answer = call.method == "POST" and call.body.consented is not None
    if is_answer:
        found = await call.service.rpc(
            answer_recording_consent_rpc,
            token=call.body.token,
            consented=call.body.consented,
            text_sha256=call.body.text_sha256,
            ip_address=call.address,
            user_agent=call.agent,
        )
    else:
        found = await call.database.rpc(read_recording_consent_rpc, token=call.body.token)
    return pages.show(
        "consent.html",
        consent=found,
        zone=zone(found.time_zone),
        is_done=is_answer,
        site=SiteSettings.read().site,
    )
