"""Consent, recordings, and who watches them."""

from tests.sql.conftest import CLIENT, ROW

from .rules import PARTIES, STAFF, Rules

RECORDINGS = {
    "user_consents": Rules(
        read="client admin service",
        insert="client service",
        delete="",
        new={"user_id": CLIENT, "consent_type": "marketing", "consented": True},
        sets="version metadata",
        # A consent cannot become another person's or another kind: not even for the service.
        changes={"consented version metadata": "client service", "user_id consent_type": ""},
    ),
    "consent_history": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"user_id": CLIENT, "consent_type": "marketing", "consented": True},
        rest="",
        row=f"user_id = '{CLIENT}' and consent_type = 'session_recording'",
    ),
    "session_recordings": Rules(
        read=PARTIES,
        insert="service",
        delete="service",
        new={"session_id": ROW},
        hidden="agora_resource_id agora_sid storage_path ended_at stopped_at playback_url lease_id lease_until"
        " failure_code failure_reason class_recording_id",
    ),
    "recording_rules": Rules(
        read=STAFF,
        insert="admin",
        delete="admin",
        new={"session_id": ROW},
        sets="retention_days survives_withdrawal",
        changes={"retention_days survives_withdrawal": "admin"},
        rest="",
    ),
    "recording_views": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"recording_id": ROW, "link_id": ROW},
        rest="",
        never="masked_address",
        hidden="ip_address user_agent key_sha256",
    ),
    "recording_share_links": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={
            "recording_id": ROW,
            "created_by": CLIENT,
            "token_sha256": b"2" * 32,
            "expires_at": "2031-01-01",
        },
        never="has_password",
        changes={"has_password": ""},
        hidden="token_sha256 password_scrypt",
    ),
    "recording_erasures": Rules(
        read=STAFF,
        insert="service",
        delete="",
        new={"recording_id": CLIENT, "reasons": ["asked"], "files": 0, "bytes": 0, "queued_at": "2031-01-01"},
        rest="",
    ),
}
