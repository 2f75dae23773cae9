"""Who and what gets in: method, caller, size, media type and body, the cheap refusals first."""

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

from .auth import Caller, claimed
from .call import Call, Contract
from .errors import BadRequest, MethodNotAllowed, NotAllowed, NotSignedIn, TooLarge, TooSlow, UnsupportedMedia
from .settings import ServiceSettings, SupabaseSettings

BODY_LIMIT_BYTES = 1024 * 1024
PROBLEMS_TOLD = 100  # of a body; each names its field, which may be a name that the caller thought of
FIELD_LIMIT = 200  # characters of that
BODY_TIME_S = 10  # for the whole body: who sends a byte now and then holds one of few places
FORM = "application/x-www-form-urlencoded"
Headers = dict[str, str]
KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")


async def admit(
    request: Request, headers: Headers, contract: Contract, request_id: str, line: dict[str, Any]
) -> Call[Any]:
    """An admitted call, or the refusal: 405, 401, 403, 413 or 408, 415, 422 in this order.

    The log line learns who is calling as soon as that is known, so that refusals have a name too.
    """
    if request.method not in contract.methods:
        allowed = ", ".join((*contract.methods, "OPTIONS"))
        raise MethodNotAllowed(
            sentence=f"This function answers {allowed}, not {request.method}.", headers={"allow": allowed}
        )
    caller = await _caller_of(headers, contract)
    line["caller"] = f"claimed {caller}" if caller and caller.is_claimed else str(caller or "anonymous")
    _check_caller(caller, contract)
    raw = await read_body(request, headers)
    return Call(
        body=_parse(request, headers, raw, contract),
        raw=raw,
        caller=caller,
        headers=headers,
        address=address_of(request, headers),
        agent=headers.get("user-agent", "")[:500] or None,
        request_id=request_id,
        idempotency_key=_idempotency_key(headers),
        method=request.method,
        query=dict(request.query_params) if request.scope["query_string"] else {},
    )


def headers_of(request: Request) -> Headers:
    """By their names in lower case, as ASGI has them; repeated ones joined, so that none hides behind another.

    A dictionary, because Starlette's own goes through all headers for each one asked for.
    """
    headers: Headers = {}
    for raw_name, raw_value in request.scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _caller_of(headers: Headers, contract: Contract) -> Caller | None:
    if not _needs_caller(contract):
        return None
    if not contract.verifies:
        return claimed(headers)
    from .tokens import identify  # whose packages only a function that verifies has

    return await identify(headers)


def _needs_caller(contract: Contract) -> bool:
    return "user" in contract.callers or "service" in contract.callers


def _check_caller(caller: Caller | None, contract: Contract) -> None:
    if not _needs_caller(contract):
        return
    if caller is None:
        raise NotSignedIn(headers={"www-authenticate": "Bearer"})
    if ("service" if caller.is_service else "user") not in contract.callers:
        raise NotAllowed()
    # With the secret key the database sees no token of theirs, and could not refuse them itself.
    if caller.is_anonymous and ServiceSettings in contract.settings:
        raise NotAllowed(
            "account_needed",
            "Please create an account first.",
            hint="Add your e-mail address to go on with what you have begun.",
        )


async def read_body(request: Request, headers: Headers) -> bytes:
    """The raw body, never more of it than the limit, and never waited for longer than its time."""
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > BODY_LIMIT_BYTES:
        raise _too_large()
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_TIME_S):
            async for chunk in request.stream():
                size += len(chunk)
                if size > BODY_LIMIT_BYTES:
                    raise _too_large()
                chunks.append(chunk)
    except TimeoutError:
        # Closed, or the connection would go on taking the rest.
        raise TooSlow(
            sentence=f"The body did not come within {BODY_TIME_S} seconds.", headers={"connection": "close"}
        ) from None
    except ClientDisconnect:
        raise TooSlow(sentence="The connection ended before the body did.") from None
    return b"".join(chunks)


def _too_large() -> TooLarge:
    return TooLarge(sentence=f"The body is larger than {BODY_LIMIT_BYTES // 1024} KiB.")


def _parse(request: Request, headers: Headers, raw: bytes, contract: Contract) -> Any:
    """The body as its model. JSON is read strictly ("1" is no number); a query or a form is all text, so it is not."""
    takes = contract.takes
    if takes is None:
        return None
    try:
        if request.method in ("GET", "HEAD"):
            return takes.model_validate(_without_nul(_asked(request, contract)))
        if not raw.strip():
            return takes.model_validate_json(b"{}")
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == FORM and contract.is_page:
            # Boxes that are ticked under one name come one by one.
            form = {
                name: values if len(values) > 1 else values[0]
                for name, values in parse_qs(raw.decode(errors="replace")).items()
            }
            return takes.model_validate(_without_nul(_asked(request, contract) | form))
        if media_type != "application/json" and not media_type.endswith("+json"):
            raise UnsupportedMedia()
        if b"\\u0000" in raw:
            _without_nul(_loads(raw))
        return takes.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _invalid(error) from None


def _asked(request: Request, contract: Contract) -> dict[str, Any]:
    """What stands in the address; of a page without the language that it is to speak, which is read before."""
    query = dict(request.query_params)
    return {name: value for name, value in query.items() if not (contract.is_page and name == "language")}


def _loads(raw: bytes) -> Any:
    from pydantic_core import from_json

    try:
        return from_json(raw)
    except ValueError:
        return None  # the model's own parser words this refusal


def _without_nul(value: Any, path: str = "") -> Any:
    """PostgreSQL text cannot hold a NUL, so it is refused here, by the field's name."""
    if isinstance(value, str) and "\x00" in value:
        problem = "must not contain a NUL character"
        raise BadRequest(
            sentence=f"{path or 'body'}: {problem}.", details=[{"field": path, "problem": problem}]
        )
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        # Cut each time: a name as long as a body would be copied for each thing in it.
        _without_nul(inner, (f"{path}.{key}" if path else str(key))[:FIELD_LIMIT])
    return value


def _invalid(error: ValidationError) -> BadRequest:
    found = error.errors(include_url=False, include_input=False)
    problems = [
        {
            "field": ".".join(str(part) for part in each["loc"])[:FIELD_LIMIT],
            "problem": _problem_of(each),
        }
        for each in found[:PROBLEMS_TOLD]
    ]
    first = problems[0]
    if found[0]["type"] == "json_invalid":
        return BadRequest("malformed_json", "The body is not valid JSON.", details=problems)
    return BadRequest(
        sentence=f"{first['field']}: {first['problem']}." if first["field"] else f"{first['problem']}.",
        details=problems,
    )


def _problem_of(found: Any) -> str:
    """In words that can be translated: not with what a parser adds about how it failed."""
    text: str = (
        found["msg"].removeprefix("Value error, ").removesuffix(f", {found.get('ctx', {}).get('error')}")
    )
    return text[:1].lower() + text[1:]


def _idempotency_key(headers: Headers) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not KEY_PATTERN.fullmatch(key):
        raise BadRequest("invalid_idempotency_key", "Idempotency-Key must be 1 to 255 printable characters.")
    return key


def address_of(request: Request, headers: Headers) -> str | None:
    """The address the outermost of our own proxies saw. What stands left of it in the header, the client wrote."""
    hops = hops_of(headers)
    proxies = SupabaseSettings.read().trusted_proxies
    if proxies and hops:
        return hops[-min(proxies, len(hops))][:45]
    return request.client.host if request.client else None


def hops_of(headers: Headers) -> list[str]:
    """What the client and the proxies wrote, the nearest last."""
    return [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
