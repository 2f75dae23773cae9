"""A scene in which a practitioner is offered a contract, and what stands on a copy of it."""

import base64
import io
import uuid
from typing import Any

import httpx
from PIL import Image, ImageDraw
from pypdf import PdfReader

from .cast import Person, Stage

BROWSER = {"user-agent": "Browser/1.0"}


class ContractScene:
    """One admin and one practitioner, who is offered the contract as an admin issues it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.admin = stage.admin()
        self.practitioner = stage.practitioner()

    def issue(self, **more: Any) -> dict[str, Any]:
        """The admin issues version 1 to the practitioner. Gives the reply."""
        body = {"practitioner_id": str(self.practitioner.practitioner_id), "template_version": 1, **more}
        reply = self.stage.invoke("issue-practitioner-contract", body, as_=self.admin)
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def offer(self, **more: Any) -> str:
        """A contract to sign. Gives its id."""
        (contract,) = self.issue(**more)["issued"]
        return str(contract)

    def sign(self, contract: str | None = None, *, as_: Person | None = None, **more: Any) -> httpx.Response:
        """Sign through the function."""
        body = {"contract_id": contract, **more} if contract else more
        return self.stage.invoke(
            "sign-practitioner-contract", body, as_=as_ or self.practitioner, headers=BROWSER
        )

    def sign_on_page(self, contract: str, *, as_: Person | None = None) -> httpx.Response:
        """The update with which the contract page signs, its own time, address and agent included."""
        signed = {
            "signed_at": "2020-01-01T00:00:00.000Z",
            "status": "signed",
            "ip_address": "203.0.113.9",
            "user_agent": "claimed",
        }
        return self.stage.rest(
            "PATCH", f"practitioner_contracts?id=eq.{contract}", as_=as_ or self.practitioner, json=signed
        )

    def revoke(self, contract: str, reason: str | None = "They moved away.") -> httpx.Response:
        """The update with which an admin ends a contract."""
        ended = {"status": "revoked"} | ({"revoked_reason": reason} if reason else {})
        return self.stage.rest(
            "PATCH", f"practitioner_contracts?id=eq.{contract}", as_=self.admin, json=ended
        )

    def end(self, contract: str) -> None:
        """Its last moment has passed."""
        with self.stage.owner.transaction():
            self.stage.execute(
                "alter table public.practitioner_contracts disable trigger practitioner_contracts_guard"
            )
            self.stage.execute(
                "update public.practitioner_contracts set expires_at = now() - interval '1 second' where id = %s",
                contract,
            )
            self.stage.execute(
                "alter table public.practitioner_contracts enable trigger practitioner_contracts_guard"
            )

    def contract(self, contract: str) -> dict[str, Any]:
        return self.stage.row("select * from public.practitioner_contracts where id = %s", contract)

    def evidence(self, contract: str) -> list[dict[str, Any]]:
        return self.stage.owner.execute(
            "select * from public.contract_signatures where contract_id = %s", [uuid.UUID(contract)]
        ).fetchall()

    def history(self, contract: str) -> list[str]:
        """What happened to it, and which events were published: the same, once each."""
        events = self.stage.owner.execute(
            "select event from public.contract_events where contract_id = %s order by id",
            [uuid.UUID(contract)],
        ).fetchall()
        published = self.stage.owner.execute(
            "select kind from private.outbox where payload ->> 'contract_id' = %s order by id", [contract]
        ).fetchall()
        assert [f"contract_{row['event']}" for row in events] == [row["kind"] for row in published]
        return [row["event"] for row in events]

    def verify(self, sha256: str) -> httpx.Response:
        """Verify a fingerprint, by the address on the copy."""
        return self.stage.invoke(f"verify-signature?sha256={sha256}", method="GET")


def drawing() -> str:
    """A drawn signature, as a page sends it."""
    image = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(10, 80), (90, 20), (150, 85), (290, 30)], fill=(20, 20, 90, 255), width=5)
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page, as an independent reader finds it, with its white space made one.

    pypdf reads the two bytes of a letter of a CFF font as two letters, of which one is NUL.
    """
    texts = [page.extract_text().replace("\0", "") for page in PdfReader(io.BytesIO(pdf)).pages]
    return [" ".join(text.split()) for text in texts]
