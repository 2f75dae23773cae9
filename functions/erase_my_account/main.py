"""Erase an account: the rows first, in one transaction, then the account itself, and a receipt."""

import time
from uuid import UUID

from shared.call import Call
from shared.errors import BadRequest
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .auth import delete_account
from .contract import (
    AccountErased,
    EraseMyAccount,
    ErasureReceipt,
    cancel_sessions_before_erasure_rpc,
    erase_my_account_rpc,
)

CANCEL_S = 60  # then the rest is cancelled with the rows, or, if that takes too long, by the next call


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def erase_my_account(call: Call[EraseMyAccount]) -> AccountErased:
    """Erase oneself or, for admins and the platform, somebody.

    Calling twice is safe, also after a crash anywhere: all of it is done again, also when the account is gone, and
    the receipt stays the same.
    """
    whose = call.body.user_id or call.user.id
    if whose is None:
        raise BadRequest(
            "user_id_missing",
            "Please say whose account.",
            details=[{"field": "user_id", "problem": "is required from the platform"}],
        )
    if whose == call.user.id and call.body.confirmation is None:
        raise BadRequest(
            "confirmation_missing",
            "Please confirm that your account is to be erased for ever.",
            details=[{"field": "confirmation", "problem": "must be ERASE MY ACCOUNT"}],
        )
    await _cancel_sessions(call, whose)
    receipt = await call.database.rpc(erase_my_account_rpc, user_id=whose)
    # Order matters: while the account is there, its owner can ask again.
    if receipt.account_deleted_at is None:
        await delete_account(whose)
    call.log(receipt=receipt.id)
    return _reply(receipt)


async def _cancel_sessions(call: Call[EraseMyAccount], whose: UUID) -> None:
    until = time.monotonic() + CANCEL_S
    while (
        await call.database.rpc(cancel_sessions_before_erasure_rpc, user_id=whose)
    ).sessions_cancelled and time.monotonic() < until:
        pass


def _reply(receipt: ErasureReceipt) -> AccountErased:
    return AccountErased(
        receipt_id=receipt.id,
        pseudonym=receipt.pseudonym,
        rows_erased_at=receipt.rows_erased_at,
        erased=receipt.counts,
        message="The account is erased. Signatures and payments are kept as evidence, without name or address.",
    )
