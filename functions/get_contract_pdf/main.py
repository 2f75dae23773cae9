"""Give a copy of a contract: its text, and, once it is signed, the signature and what proves it."""

from shared.call import Call
from shared.documents.signed import copy_of
from shared.downloads import Pdf
from shared.serving import endpoint
from shared.settings import PagesSettings

from .contract import GetContractPdf, get_contract_pdf_rpc


@endpoint(caller="user", methods=("POST", "GET"), settings=(PagesSettings,))
async def get_contract_pdf(call: Call[GetContractPdf]) -> Pdf:
    """A PDF for the practitioner whose contract it is, and for admins. The same evidence gives the same bytes."""
    document = await call.database.rpc(get_contract_pdf_rpc, contract_id=call.body.contract_id)
    return await copy_of(document)
