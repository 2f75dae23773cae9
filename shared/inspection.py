"""What the doctor asks every function: what were you given, which clock have you, whose address do you see?

Names and hashes, never values; each hash is salted with what the doctor sent. Most functions hold no key of the service
and cannot recognise one. So they show what came with the question to the database: whoever it takes for the service is
answered.
"""

import hashlib
import hmac
import os
import time
from typing import Any

from pydantic import Field, ValidationError
from starlette.requests import Request

from . import admission, log_lines
from .auth import BadToken
from .database import Credential, Database, Rpc
from .errors import BadRequest, Broken, NotAllowed
from .settings import SupabaseSettings
from .wire import Output, StrictInput

QUESTION = "x-doctor"


class Inspect(StrictInput):
    """The doctor's question."""

    salt: str = Field(min_length=16, max_length=64)
    names: list[str] = Field(max_length=200)


class Operator(Output):
    """Whether whoever asks is one."""

    is_operator: bool


class Inspected(Output):
    """The answer."""

    target: str | None = Field(
        description="The function that this process serves alone; null: it serves several."
    )
    commit: str
    settings: dict[str, str] = Field(description="A hash of each setting that is there.")
    time: float
    address: str | None = Field(description="Of the caller, as it is counted and written down.")
    trusted_proxies: int
    hops: list[str] = Field(description="Whom the proxies in front say that the request came through.")


is_operator_rpc = Rpc("is_operator", gives=Operator)


async def inspect(
    request: Request, headers: admission.Headers, request_id: str, line: dict[str, Any]
) -> Inspected:
    """Answer the doctor. Raises NotAllowed for anybody else."""
    question = await _read(request, headers)
    line["caller"] = "doctor"
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if token and scheme.lower() != "bearer":
        raise BadToken()
    key = headers.get("apikey") or SupabaseSettings.read().supabase_publishable_key
    database = Database(Credential(key, token or None), request_id)
    try:
        await database.rpc(is_operator_rpc)
    except Broken as refused:  # a gateway's own refusal of a key has no code of the database's
        raise NotAllowed(reason=str(refused.details)) from None
    given = {name: os.environ.get(name, "").strip() for name in question.names}
    return Inspected(
        target=os.environ.get("FUNCTION_TARGET"),
        commit=log_lines.COMMIT,
        settings={name: hash_setting(question.salt, name, value) for name, value in given.items() if value},
        time=time.time(),
        address=admission.address_of(request, headers),
        trusted_proxies=SupabaseSettings.read().trusted_proxies,
        hops=admission.hops_of(headers),
    )


async def _read(request: Request, headers: admission.Headers) -> Inspect:
    try:
        return Inspect.model_validate_json(await admission.read_body(request, headers))
    except ValidationError:
        raise BadRequest(sentence="This is no question of the doctor's.") from None


def hash_setting(salt: str, name: str, value: str) -> str:
    """What the doctor compares."""
    return hmac.new(salt.encode(), f"{name}={value.strip()}".encode(), hashlib.sha256).hexdigest()[:32]
