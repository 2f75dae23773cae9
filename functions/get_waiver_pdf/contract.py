"""What the copy of a waiver takes; it gives a PDF."""

from uuid import UUID

from shared.database import Rpc
from shared.documents.signed import SignedDocument
from shared.wire import StrictInput


class GetWaiverPdf(StrictInput):
    """Which waiver."""

    waiver_id: UUID


get_waiver_pdf_rpc = Rpc(
    "get_waiver_pdf", gives=SignedDocument, refuses=("waiver_not_found", "too_many_requests")
)
