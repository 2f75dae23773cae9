"""Save a practitioner's bank account: check the numbers, seal them, and store them sealed in the database."""

from pydantic import ValidationError

from shared.call import Call
from shared.sealing import CannotOpen, SealingSettings
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.vault import VaultSettings

from .accounts import InvalidBankDetails, checked
from .contract import EncryptBankingData, SavedBanking, SealedNumbers, save_practitioner_banking_rpc


@endpoint(caller="user", settings=(ServiceSettings, VaultSettings, SealingSettings), refusals_with_200=True)
async def encrypt_banking_data(call: Call[EncryptBankingData]) -> SavedBanking:
    """Save the caller's own account.

    Another account than before is unverified, and nothing is paid to it for some days. The same account again
    changes nothing, however often.
    """
    body = call.body
    account = checked(body.bank_name, body.account_holder_name, body.country, *_numbers(body))
    sealed = VaultSettings.read().vault.seal_numbers(
        body.practitioner_id, account.account_number, account.routing_number
    )
    saved = await call.service.rpc(
        save_practitioner_banking_rpc,
        user_id=call.user.id,
        user_aal=call.user.aal,
        practitioner_id=body.practitioner_id,
        bank_name=account.bank_name,
        account_holder_name=account.account_holder_name,
        account_type=body.account_type,
        country=account.country,
        account_last4=account.account_number[-4:],
        routing_last4=account.routing_number[-4:],
        fingerprint=sealed.fingerprint,
        sealed={"account_number": sealed.account_number, "routing_number": sealed.routing_number},
    )
    return SavedBanking(**saved.model_dump())


def _numbers(body: EncryptBankingData) -> tuple[str, str]:
    """Account and routing number, opened if they were sealed. Raises InvalidBankDetails."""
    if body.sealed is None:
        return body.account_number or "", body.routing_number or ""
    if body.account_number or body.routing_number:
        raise InvalidBankDetails({"sealed": "must not come with the same numbers in the clear"})
    try:
        opened = SealedNumbers.model_validate_json(SealingSettings.read().keys.open(body.sealed))
    except (CannotOpen, ValidationError):  # neither is passed on: a validation error quotes what it read
        raise InvalidBankDetails({"sealed": "cannot be opened; please load the page again"}) from None
    if opened.practitioner_id != body.practitioner_id:
        raise InvalidBankDetails({"sealed": "are another practitioner's"})
    return opened.account_number, opened.routing_number
