"""Copies of what was signed: a contract or a waiver, with its evidence, as a PDF.

    document = await call.database.rpc(get_waiver_pdf_rpc, waiver_id=call.body.waiver_id)
    return await copy_of(document)

It is in the language of what was signed. The same evidence gives the same bytes.
"""

import asyncio
import re
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.downloads import Pdf
from shared.languages import spoken
from shared.settings import PagesSettings
from shared.wire import Output


class SignedDocument(Output):
    """What stands on a copy. Whoever has not signed yet has no signature; an erasure may have taken who signed."""

    kind: Literal["contract", "waiver"]
    document_id: UUID
    title: str
    version: str
    body: str
    text_sha256: str
    status: Literal["pending", "signed", "expired", "revoked", "superseded"]
    issued_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None
    ended_reason: str | None
    signed_at: datetime | None
    signer_id: UUID | None
    signer_name: str | None
    signer_email: str | None
    is_observed: bool | None
    ip_address: str | None
    user_agent: str | None
    signature_name: str | None
    signature_image: str | None
    signature_image_sha256: str | None
    evidence_sha256: str | None
    language: str | None = "en"


async def copy_of(document: SignedDocument) -> Pdf:
    """The reply: a PDF under a name of its own."""
    # Setting type takes as long as a hundred other requests: they go on meanwhile.
    pdf = await asyncio.to_thread(_set, document)
    name = re.sub(
        r"[^\w.-]", "-", f"{document.kind}-{document.version}-{document.document_id}.pdf", flags=re.ASCII
    )
    return Pdf(name, pdf)


def _set(document: SignedDocument) -> bytes:
    from .signed_pages import (
        render,  # with fpdf2 half a second to import: the first copy pays for it, no refusal does
    )

    address = PagesSettings.read().address("verify_signature", sha256=document.evidence_sha256 or "")
    with spoken(document.language):
        return render(document, address)
