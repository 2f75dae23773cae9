"""Give a browser the key to seal bank numbers with, before they leave it."""

from shared.call import Call
from shared.sealing import PublicSealingSettings
from shared.serving import endpoint

from .contract import BankingKey, PublicKey


@endpoint(caller="user", methods=("POST", "GET"), settings=(PublicSealingSettings,), verifies=True)
async def get_banking_key(call: Call[None]) -> BankingKey:
    """The public key, as a JWK. `encrypt-banking-data` opens what is sealed with it."""
    return BankingKey(key=PublicKey(**PublicSealingSettings.read().key))
