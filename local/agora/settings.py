"""What the emulator must know to be this project's Agora."""

from shared.settings import Settings


class EmulatorSettings(Settings):
    """The functions' own names, plus where notifications go, which Agora's console knows and no request says.

    Channel events have an address and a secret of their own; without them they go where all the others go.
    A seed orders what comes in no promised order; 0 takes any, which is printed.
    """

    agora_app_id: str
    agora_app_certificate: str
    agora_customer_id: str
    agora_customer_secret: str
    agora_webhook_secret: str
    agora_webhook_url: str = ""
    agora_channel_webhook_secret: str = ""
    agora_channel_webhook_url: str = ""
    recording_s3_endpoint: str = ""
    agora_emulator_speed: int = 1
    agora_emulator_seed: int = 0
