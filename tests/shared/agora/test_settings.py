"""Agora's settings: several addresses, several secrets, and nothing that is not needed."""

import pytest

from shared.agora.settings import (
    AgoraAppSettings,
    AgoraRestSettings,
    AgoraSettings,
    AgoraWebhookSettings,
    RecordingBucketSettings,
)
from shared.settings import MissingSettings

REST = {"AGORA_APP_ID": "a", "AGORA_CUSTOMER_ID": "c", "AGORA_CUSTOMER_SECRET": "s"}


def test_both_domains_are_used_unless_others_are_named():
    """Agora's two primary domains serve the same; region domains may be added."""
    assert AgoraRestSettings.from_environment(REST).base_urls == (
        "https://api.agora.io",
        "https://api.sd-rtn.com",
    )

    named = AgoraRestSettings.from_environment({**REST, "AGORA_API_URLS": " http://a.test/ ,, http://b.test"})

    assert named.base_urls == ("http://a.test", "http://b.test")


def test_a_webhook_may_have_several_secrets():
    """One per product, or old and new."""
    settings = AgoraWebhookSettings.from_environment({"AGORA_WEBHOOK_SECRET": "one, two,"})

    assert settings.secrets == ("one", "two")


@pytest.mark.parametrize(
    ("group", "missing"),
    [
        (AgoraAppSettings, ["AGORA_APP_ID"]),
        (AgoraSettings, ["AGORA_APP_ID", "AGORA_APP_CERTIFICATE"]),
        (AgoraRestSettings, ["AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET"]),
        (AgoraWebhookSettings, ["AGORA_WEBHOOK_SECRET"]),
        (RecordingBucketSettings, ["RECORDING_S3_BUCKET", "RECORDING_S3_VENDOR", "RECORDING_S3_REGION_CODE"]),
    ],
)
def test_missing_settings_are_all_named_at_once(group, missing):
    """Everything at once, so that nobody sets them one by one."""
    with pytest.raises(MissingSettings) as refused:
        group.from_environment({})

    assert all(name in str(refused.value) for name in missing)
