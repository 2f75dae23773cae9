"""What people sign: waivers and contracts."""

from tests.sql.conftest import CLIENT, PRACTITIONER, ROW

from .rules import ANYBODY, PARTIES, STAFF, Rules

SIGNATURES = {
    "waiver_policy": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete="",
        new={"version": 2, "policy_text": "New", "is_active": True},
        sets="updated_by",
        changes={"is_active updated_at updated_by": STAFF},
        rest="",
        never="policy_text_sha256",
        row="is_active",
    ),
    "recording_consent_texts": Rules(
        read=ANYBODY,
        insert="admin",
        delete="",
        new={"version": 2, "body": "Kept [How long].", "is_active": True},
        changes={"is_active": "admin"},
        rest="",
        row="is_active",
    ),
    "legal_translations": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete="",
        new={"waiver_policy_id": ROW, "language": "es", "body": "[Date of signing]", "reason": "New"},
        sets="recording_consent_text_id contract_template_id title",
        rest="",
        never="id revision created_at created_by text_id body_sha256",
    ),
    "liability_waivers": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"user_id": CLIENT, "waiver_text": "New", "waiver_policy_id": ROW, "waiver_policy_version": 1},
        rest="",
        never="id signed_at created_at text_sha256 signature_image_sha256 signer_name signer_email evidence_sha256"
        " is_observed double_of",
        hidden="ip_address user_agent signature_image signature_image_sha256 signer_email",
    ),
    "practitioner_contracts": Rules(
        read="practitioner admin service",
        insert=STAFF,
        delete="",
        new={"practitioner_id": ROW, "contract_version": "2", "contract_text": "New"},
        sets="expires_at template_id title language",
        # A practitioner signs in one update; what may go with it is a scene of its own. So is a reason, which goes with
        # revoking, and the service, which writes evidence and does not sign.
        changes={
            "status": "practitioner",
            "expires_at signed_at ip_address user_agent": STAFF,
            "updated_at": "service",
        },
        values={"status": "'signed'"},
        rest="",
        never="text_sha256 status",  # a contract is issued as pending
    ),
    "contract_templates": Rules(
        read=STAFF,
        insert=STAFF,
        delete="",
        new={"version": 7, "title": "New", "body": "New"},
        rest="",
        never="id created_at created_by body_sha256",
    ),
    "contract_events": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"contract_id": ROW, "event": "expiring"},
        rest="",
        row=f"contract_id = '{ROW}'",
    ),
    # Signed is the other practitioner's contract, so that the one of the row can be.
    "contract_signatures": Rules(
        read="stranger admin service",
        insert="service",
        delete="",
        new={"contract_id": ROW, "user_id": PRACTITIONER},
        rest="",
        never="signer_name signer_email signed_at text_sha256 is_observed signature_image_sha256 evidence_sha256",
        row="contract_id = '20000000-0000-4000-8000-000000000002'",
    ),
    "contract_rules": Rules(
        read="practitioner stranger admin service",
        insert="",
        delete="",
        new={"live_contract_needed": True},
        changes={"live_contract_needed": STAFF},
        rest="",
        row="id is not null",
    ),
}
