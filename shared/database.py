"""The database over PostgREST: one RPC, one transaction, one round trip, as the caller.

    get_liability_waiver_status_rpc = Rpc("get_liability_waiver_status", gives=WaiverStatus)
    status = await call.database.rpc(get_liability_waiver_status_rpc, session_id=call.body.session_id)

The caller's own token goes along, so row-level security is on. `as_service` exists for the functions that hold the
secret key. A refusal raised in SQL (`private.refuse`) reaches the caller in the database's own words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from .errors import BadRequest, Broken, Conflict, NotAllowed, NotSignedIn, Refusal, Unavailable
from .http import send
from .languages import recognise
from .settings import ServiceSettings, SupabaseSettings

Row = TypeVar("Row", bound=BaseModel)
Read = TypeVar("Read")
SLACK_S = 7
# What private.refuse raises: message is the sentence, details the code, hint the way forward.
REFUSED = re.compile(r"PT[45]\d\d")
NAMES_NO_VALUE = ("42501", "23505", "23514", "23503", "23502", "23P01")
# A CHECK is named after its table, and then says what is true: notes_is_short.
# A function, a column or a table that is not there, as PostgREST's cache has it and as PostgreSQL itself does.
NOT_THERE = ("PGRST202", "PGRST204", "PGRST205", "42883", "42703", "42P01")
BROKEN_RULE = re.compile(r'relation "(\w+)" violates check constraint "\1_((\w+?)_(?:is|are|has|have)_\w+)"')


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Row]):
    """An SQL function that is called over the wire, and what Python relies on; a test holds it against the schema.

    `refuses` are the codes it may raise. `remembers` means that a repeat with the same Idempotency-Key gets the
    first answer: the call then goes through `once`, in the same transaction. `seconds` is how long it may take: what
    the role's statement_timeout allows, unless the function sets one of its own.
    """

    name: str
    gives: type[Row]
    refuses: tuple[str, ...] = ()
    remembers: bool = False
    seconds: int = 8


class PostgrestError(BaseModel):
    """The body of a failure, as PostgREST writes it."""

    code: str | None = None
    message: str | None = None
    details: Any = None
    hint: str | None = None


class Credential(NamedTuple):
    """What a request shows at the door: the project key, and the caller's token where there is one."""

    apikey: str
    token: str | None


class Database:
    """The Data API with one credential. Cheap to make: the connections are shared, the credential is not."""

    def __init__(self, credential: Credential, request_id: str, idempotency_key: str | None = None) -> None:
        self._headers = {
            "apikey": credential.apikey,
            "content-type": "application/json",
            "accept": "application/vnd.pgrst.object+json",
            "x-request-id": request_id,
        }
        if credential.token:
            self._headers["authorization"] = f"Bearer {credential.token}"
        self._idempotency_key = idempotency_key
        self.calls = 0
        self.has_answered = False  # so the token that was shown is good

    async def rpc(self, rpc: Rpc[Row], **arguments: Any) -> Row:
        """Call an SQL function and read its one row.

        Raises the database's own refusal, or NotSignedIn, NotAllowed, BadRequest, Conflict, Unavailable, Broken.
        """
        name, body = rpc.name, arguments
        if rpc.remembers and self._idempotency_key:
            name = "call_once"
            body = {"rpc": rpc.name, "idempotency_key": self._idempotency_key, "arguments": arguments}
        return _read(rpc.gives.model_validate_json, await self._call(name, body, self._headers, rpc.seconds))

    async def rows(self, rpc: Rpc[Row], **arguments: Any) -> list[Row]:
        """Call an SQL function and read all its rows; raises as `rpc` does."""
        headers = {**self._headers, "accept": "application/json"}
        reply = await self._call(rpc.name, arguments, headers, rpc.seconds)
        return _read(TypeAdapter(list[rpc.gives]).validate_json, reply)  # type: ignore[name-defined]

    async def _call(self, name: str, body: Any, headers: dict[str, str], seconds: int) -> bytes:
        self.calls += 1
        url = f"{SupabaseSettings.read().rest_url}/rpc/{name}"
        # A little more than the database gives itself, so that it is the one to say that it took too long.
        reply = await send("POST", url, headers, to_json(body), timeout_s=seconds + SLACK_S)
        recognise(reply.headers.get("content-language"))  # of who was known by a link
        if not 200 <= reply.status < 300:
            refused = refusal(reply.status, bytes(reply.body), reply.headers)
            # Of these three, something before the database may have thought so.
            self.has_answered |= not isinstance(refused, NotSignedIn | Unavailable | Broken)
            raise refused
        self.has_answered = True
        return bytes(reply.body)


def _read(validate: Callable[[bytes], Read], body: bytes) -> Read:
    try:
        return validate(body)
    except ValidationError as error:
        # Told without the values: the log must not hold what a person wrote.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        if all(problem["type"] == "missing" for problem in problems):
            behind = schema_behind(f"the reply lacks {', '.join(_path(each['loc']) for each in problems)}")
            raise behind from behind.__cause__
        raise Broken(details=problems) from None


def _path(place: tuple[int | str, ...]) -> str:
    return ".".join(map(str, place))


class NotInTheSchema(LookupError):
    """What a function needs and the schema has not, in the words of who missed it."""


class SchemaBehind(Unavailable):
    """The function is newer than the schema, or the schema went on without it. Only logs learn what is missing."""

    code = "schema_behind"
    sentence = "This is being updated. Please try again in a few minutes."

    def __str__(self) -> str:
        return f"{self.args[0]} ({self.__cause__})"


def schema_behind(missing: str) -> SchemaBehind:
    """The refusal, with what is missing as its cause."""
    refused = SchemaBehind(headers={"retry-after": "60"})
    refused.__cause__ = NotInTheSchema(missing)
    return refused


def as_caller(token: str | None, request_id: str, idempotency_key: str | None = None) -> Database:
    """The database as the caller sees it."""
    return Database(
        Credential(SupabaseSettings.read().supabase_publishable_key, token), request_id, idempotency_key
    )


def as_service(request_id: str, idempotency_key: str | None = None) -> Database:
    """The database past row-level security, for a function that was granted the secret key."""
    return Database(Credential(ServiceSettings.read().key, None), request_id, idempotency_key)


def _out_of_bounds(message: str, reason: str | None) -> Refusal:
    """A value that its column does not take, by the column's name where the rule is about one."""
    broken = BROKEN_RULE.search(message)
    details = broken and [
        {"field": broken[3], "problem": f"must keep the rule: {broken[2].replace('_', ' ')}"}
    ]
    return BadRequest(
        "invalid_value",
        "A value in the request is too long or out of range.",
        details=details or None,
        reason=reason,
    )


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> Refusal:
    """What PostgREST's failure means to our caller. Anything unforeseen is Broken, with the facts for the log.

    The database refuses by an error or, where it has counted the attempt, by an answer with the header `refusal`.
    """
    try:
        error = PostgrestError.model_validate_json(headers.get("refusal") or body)
    except ValidationError:
        error = PostgrestError(message=body[:200].decode(errors="replace"))
    code = error.code or ""
    if REFUSED.fullmatch(code):
        wait = headers.get("retry-after")
        return Refusal(
            str(error.details),
            error.message,
            status=int(code[2:]),
            hint=error.hint,
            headers={"retry-after": wait} if wait else None,
        )
    # Of these, PostgreSQL's message names a table, a policy or a constraint, and no value.
    reason = f"{code} {error.message}"[:300] if code in NAMES_NO_VALUE else None
    match code:
        case "PGRST301" | "PGRST302" | "PGRST303":
            return NotSignedIn("invalid_token", "Your session is not valid any more. Please sign in again.")
        case "42501":
            return NotAllowed(reason=reason)
        case "23505":
            return Conflict("already_exists", "This exists already.", reason=reason)
        case "23503" if '"users"' in str(error.details):
            return Conflict("account_gone", "This account does not exist any more.")
        case "23514":
            return _out_of_bounds(error.message or "", reason)
        case "23503" | "23502" | "23P01":
            return Conflict("not_possible", "This does not fit what is stored already.", reason=reason)
        case "40P01" | "55P03" | "PGRST000" | "PGRST001" | "PGRST002":
            return Unavailable("database_busy", "The database is busy. Please try again in a moment.")
        case "57014" | "PGRST003":
            return Unavailable(
                "database_timeout", "The database took too long. Please try again.", status=504
            )
    if code in NOT_THERE:
        return schema_behind(f"{code}: {error.message}")
    if code.startswith("22"):
        return BadRequest("invalid_value", "A value in the request does not fit.")
    if status in (502, 503, 504):
        return Unavailable(status=status)
    return Broken(details=f"PostgREST answered {status} {code}: {error.message}")
