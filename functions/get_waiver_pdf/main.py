"""Give a copy of a signed waiver: its text as it was shown, the signature and what proves it."""

from shared.call import Call
from shared.documents.signed import copy_of
from shared.downloads import Pdf
from shared.serving import endpoint
from shared.settings import PagesSettings

from .contract import GetWaiverPdf, get_waiver_pdf_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(PagesSettings,))
async def get_waiver_pdf(call: Call[GetWaiverPdf]) -> Pdf:
    """A PDF for whoever signed, and for admins. The same evidence gives the same bytes."""
    document = await call.database.rpc(get_waiver_pdf_rpc, waiver_id=call.body.waiver_id)
    return await copy_of(document)
