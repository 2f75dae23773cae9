"""Book a session every week in one step, by the link in the mail about a package: choose, see each date, book."""

import secrets
from urllib.parse import urlencode

from starlette.responses import HTMLResponse

from shared import timezones, words
from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.session_series import as_replacements, by_weekday
from shared.settings import PagesSettings, SiteSettings

from .contract import (
    BookSeries,
    SeriesQuote,
    book_series_rpc,
    quote_series_rpc,
    read_series_choices_rpc,
)

pages = Pages(__file__)
# What there is to say about a date, and not about the whole of what was asked for.
ABOUT_DATES = ("series_not_possible", "no_usable_credit", "waiver_required")


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings, PagesSettings), page=refusal_page)
async def book_series(call: Call[BookSeries]) -> HTMLResponse:
    """A GET shows what there is to choose; a form's POST shows each date, and another one books them."""
    asked = call.body
    if call.method != "POST" or asked.act is None:
        return await _choices(call)
    try:
        if asked.act == "plan":
            return _plan(call, await call.database.rpc(quote_series_rpc, **asked.as_asked()))
        booked = await call.database.rpc(book_series_rpc, **asked.as_asked(), idempotency_key=asked.key)
    except Refusal as refused:
        if not tells_on_page(call, refused) and refused.code not in ABOUT_DATES:
            raise
        if asked.act == "book" and refused.code in ABOUT_DATES:
            return _plan(call, await call.database.rpc(quote_series_rpc, **asked.as_asked()), refused)
        return await _choices(call, refused)
    return pages.show(
        "booked.html",
        plan=booked,
        zone=timezones.zone(booked.reader_time_zone, booked.time_zone),
        site=SiteSettings.read().site,
    )


async def _choices(call: Call[BookSeries], refused: Refusal | None = None) -> HTMLResponse:
    asked = call.body
    found = await call.database.rpc(
        read_series_choices_rpc,
        token=asked.token,
        practitioner_id=asked.practitioner,
        session_type_id=asked.kind,
        search=asked.find,
        page=asked.page,
    )

    def choices(number: int, find: str | None) -> str:
        """Where another page of practitioners is: with what is chosen beside them."""
        there = {"token": asked.token, "kind": found.session_type_id, "place": asked.place}
        return urlencode(there | ({"find": find} if find else {}) | ({"page": number} if number > 1 else {}))

    page = pages.show(
        "choices.html",
        choices=choices,
        status=refused.status if refused else 200,
        found=found,
        days=by_weekday(found.starts),
        kind=next((each for each in found.kinds if each.id == found.session_type_id), None),
        asked=asked,
        refused=refused,
        clock_name=found.time_zone and words.city(timezones.zone(found.time_zone)),
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page


def _plan(call: Call[BookSeries], quoted: SeriesQuote, refused: Refusal | None = None) -> HTMLResponse:
    """Each date, and what to do about those that cannot be had."""
    plan, asked = quoted.plan, call.body
    page = pages.show(
        "plan.html",
        status=refused.status if refused else 200,
        plan=plan,
        zone=timezones.zone(plan.reader_time_zone, plan.time_zone),
        chosen=as_replacements(asked.instead),
        asked=asked,
        # Of a refused booking nothing was kept, so its key may be used again.
        key=asked.key or secrets.token_urlsafe(16),
        waiver=quoted.waiver_token and PagesSettings.read().address("sign_waiver", token=quoted.waiver_token),
        refused=refused,
    )
    page.headers.update(refused.headers if refused else {})
    return page
