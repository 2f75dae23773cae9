"""Agora's settings, in the groups in which functions need them: nobody is given a secret for its neighbour's sake."""

from shared.settings import Settings


class AgoraAppSettings(Settings):
    """Which Agora project. The App ID is public: browsers are told it."""

    agora_app_id: str


class AgoraSettings(AgoraAppSettings):
    """What signs tokens: see `tokens.build_token`."""

    agora_app_certificate: str
    agora_token_version: str = "007"  # noqa: S105 (a format, not a secret)


class AgoraRestSettings(AgoraAppSettings):
    """What opens Agora's REST service. Customer id and secret are not the App ID and certificate."""

    agora_customer_id: str
    agora_customer_secret: str
    agora_api_urls: str = "https://api.agora.io,https://api.sd-rtn.com"

    @property
    def base_urls(self) -> tuple[str, ...]:
        """Where to ask, in order of preference. Region domains may follow the two primary ones."""
        return tuple(url.strip().rstrip("/") for url in self.agora_api_urls.split(",") if url.strip())


class AgoraWebhookSettings(Settings):
    """What proves that a notification about recordings is Agora's.

    Agora gives each product (recording, channel events) a secret of its own. There may be several, with commas
    between: that is how a secret is rotated without losing a notification.
    """

    agora_webhook_secret: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return _separate(self.agora_webhook_secret)


class AgoraChannelWebhookSettings(Settings):
    """What proves that a notification about a channel is Agora's; as above."""

    agora_channel_webhook_secret: str

    @property
    def secrets(self) -> tuple[str, ...]:
        return _separate(self.agora_channel_webhook_secret)


def _separate(secrets: str) -> tuple[str, ...]:
    return tuple(secret.strip() for secret in secrets.split(",") if secret.strip())


class RecordingBucketSettings(Settings):
    """The S3-compatible bucket that Agora writes to and `process-recording` reads from.

    Vendor and region code are Agora's own integers: vendor 1 is Amazon S3, 11 any other S3-compatible storage
    (then the region code is 0 and Agora is told the endpoint).
    """

    recording_s3_endpoint: str
    recording_s3_bucket: str
    recording_s3_region: str
    recording_s3_access_key: str
    recording_s3_secret_key: str
    recording_s3_vendor: int
    recording_s3_region_code: int
