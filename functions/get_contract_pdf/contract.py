"""What the copy of a contract takes; it gives a PDF."""

from uuid import UUID

from shared.database import Rpc
from shared.documents.signed import SignedDocument
from shared.wire import StrictInput


class GetContractPdf(StrictInput):
    """Which contract."""

    contract_id: UUID


get_contract_pdf_rpc = Rpc(
    "get_contract_pdf", gives=SignedDocument, refuses=("contract_not_found", "too_many_requests")
)
