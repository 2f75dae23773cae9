"""Show a practitioner a payout, by the link in its mail, with statements to keep: of it, and of each year."""

from starlette.responses import Response

from shared.call import Call
from shared.documents.statements import payout_statement, year_statement
from shared.pages import PAGE_METHODS, PRIVATE, Pages, refusal_page
from shared.serving import endpoint
from shared.settings import SiteSettings
from shared.timezones import zone

from .contract import ShowPayout, read_linked_year_statement_rpc, read_payout_page_rpc

pages = Pages(__file__)


@endpoint(caller="public", methods=PAGE_METHODS, settings=(SiteSettings,), page=refusal_page)
async def show_payout(call: Call[ShowPayout]) -> Response:
    """A page; or one of the PDFs that it leads to. It changes nothing."""
    asked = call.body
    if asked.file == "year":
        of_year = await call.database.rpc(
            read_linked_year_statement_rpc, token=asked.token, year=asked.year, currency=asked.currency
        )
        reply: Response = await year_statement(of_year)
    else:
        shown = await call.database.rpc(read_payout_page_rpc, token=asked.token)
        if asked.file is None:
            return pages.show(
                "payout.html",
                statement=shown.statement,
                years=shown.years,
                zone=zone(shown.statement.time_zone),
                token=asked.token,
                site=SiteSettings.read().site,
            )
        reply = await payout_statement(shown.statement)
    reply.headers.update(PRIVATE)
    return reply
