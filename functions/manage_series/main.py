"""Move or cancel a session of a series and all that follow it, by the link in the series' mails."""

from datetime import datetime

from starlette.responses import HTMLResponse

from shared import timezones, words
from shared.call import Call
from shared.errors import Refusal
from shared.pages import PAGE_METHODS, Pages, refusal_page, tells_on_page
from shared.serving import endpoint
from shared.session_series import WeeklyStart, as_replacements, by_weekday
from shared.settings import SiteSettings

from .contract import (
    ManagedSeries,
    ManageSeries,
    SeriesCancelled,
    SeriesMove,
    SeriesTimes,
    cancel_series_rpc,
    move_series_rpc,
    quote_series_move_rpc,
    read_managed_series_rpc,
    read_series_times_rpc,
)

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def manage_series(call: Call[ManageSeries]) -> HTMLResponse:
    """A GET shows; a form's POST does what its button says, or says why not."""
    asked = call.body
    if call.method != "POST" or asked.act is None or asked.session is None:
        return await _look(call)
    try:
        match asked.act:
            case "plan":
                return _plan(call, await call.database.rpc(quote_series_move_rpc, **asked.as_move()))
            case "move":
                moved = await call.database.rpc(move_series_rpc, **asked.as_move())
                return _series(call, moved.shown, moved=moved)
            case _:
                cancelled = await call.database.rpc(cancel_series_rpc, **asked.as_cancellation())
                return _series(call, cancelled.shown, cancelled=cancelled)
    except Refusal as refused:
        if not tells_on_page(call, refused):
            raise
        if refused.code == "series_not_possible":
            return _plan(call, await call.database.rpc(quote_series_move_rpc, **asked.as_move()), refused)
        return await _look(call, refused)


async def _look(call: Call[ManageSeries], refused: Refusal | None = None) -> HTMLResponse:
    asked = call.body
    if asked.session and (asked.show or asked.act == "plan"):
        found = await call.database.rpc(read_series_times_rpc, token=asked.token, session_id=asked.session)
        return _times(call, found, refused)
    return _series(call, await call.database.rpc(read_managed_series_rpc, token=asked.token), refused)


def _series(
    call: Call[ManageSeries],
    shown: ManagedSeries,
    refused: Refusal | None = None,
    moved: SeriesMove | None = None,
    cancelled: SeriesCancelled | None = None,
) -> HTMLResponse:
    page = pages.show(
        "series_to_come.html",
        status=refused.status if refused else 200,
        shown=shown,
        zone=timezones.zone(shown.reader_time_zone, shown.time_zone),
        token=call.body.token,
        chosen=call.body.session,
        moved=moved,
        cancelled=cancelled,
        refused=refused,
        site=SiteSettings.read().site,
    )
    page.headers.update(refused.headers if refused else {})
    return page


def _times(call: Call[ManageSeries], found: SeriesTimes, refused: Refusal | None) -> HTMLResponse:
    zone = timezones.zone(found.shown.time_zone)

    def instant(start: WeeklyStart) -> str:
        return datetime.combine(start.first_date, start.at_time, tzinfo=zone).isoformat()

    page = pages.show(
        "week.html",
        status=refused.status if refused else 200,
        shown=found.shown,
        days=by_weekday(found.starts),
        instant=instant,
        clock_name=words.city(zone),
        token=call.body.token,
        session=call.body.session,
        refused=refused,
    )
    page.headers.update(refused.headers if refused else {})
    return page


def _plan(call: Call[ManageSeries], quoted: SeriesMove, refused: Refusal | None = None) -> HTMLResponse:
    plan = quoted.plan
    return pages.show(
        "move.html",
        status=refused.status if refused else 200,
        plan=plan,
        shown=quoted.shown,
        zone=timezones.zone(plan.reader_time_zone, plan.time_zone),
        chosen=as_replacements(call.body.instead),
        asked=call.body,
        refused=refused,
    )
