"""Deleting an account, through the auth service's admin interface."""

from uuid import UUID

import httpx

from shared.errors import Unavailable
from shared.outside import outside
from shared.settings import ServiceSettings, SupabaseSettings


class AccountNotDeleted(Unavailable):
    """The rows are erased and the account is still there; asking again deletes it."""

    code = "account_not_deleted"
    sentence = "Your data is erased, but your sign-in could not be removed yet. Please ask again in a moment."


async def delete_account(user_id: UUID) -> None:
    """Delete it with its sessions and identities; one that is not there is no error."""
    key = ServiceSettings.read().key
    url = f"{SupabaseSettings.read().supabase_url.rstrip('/')}/auth/v1/admin/users/{user_id}"
    try:
        reply = await outside().delete(
            url,
            headers={"apikey": key, "authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(30, connect=5),
        )
    except httpx.TransportError as error:
        raise AccountNotDeleted(details=type(error).__name__) from error
    if not reply.is_success and reply.status_code != 404:
        raise AccountNotDeleted(details=f"Auth answered {reply.status_code}: {reply.text[:200]}")
