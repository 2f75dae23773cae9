"""The life of a request, top to bottom: preflight, method, caller, body, handler, one reply shape, one log line.

    @endpoint(caller="user")
    async def create_liability_waiver(call: Call[CreateLiabilityWaiver]) -> SignedWaiver: ...

The signature is the contract: what comes in and what goes out are read from the annotations. The result is a plain
`functions_framework.aio` target. Every answer carries CORS headers, because without them a browser hides status
and body from supabase-js.
"""

import functools
import gc
import os
import re
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from . import admission, inspection, log_lines
from .call import Call, Contract
from .ending import end_in_time
from .errors import Broken, Refusal
from .languages import receive
from .runs import record_run
from .settings import MissingSettings, Settings, SupabaseSettings, is_secret, read_all

CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-request-id, retry-after, content-disposition",
    "access-control-allow-headers": "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, "
    "tracestate, baggage, idempotency-key, x-region",
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "access-control-max-age": "86400",
}
CORS_RAW = [(name.encode(), value.encode()) for name, value in CORS.items()]

# What the world is otherwise about, as against who asks, how, how often, and with what body.
DOMAIN_STATUSES = frozenset(range(400, 500)) - {401, 405, 413, 415, 422, 429}

OF_THE_LINE = {"severity", "message", "time", "status", "commit"}
REQUEST_ID = re.compile(r"[\w.:/=+-]{1,64}", re.ASCII)

Handler = Callable[[Call[Any]], Awaitable[Any]]
RefusalPage = Callable[[Refusal], Response]
RefusalUrl = Callable[[Call[Any], Refusal], str | None]


def endpoint(
    *,
    caller: str | tuple[str, ...],
    methods: tuple[str, ...] = ("POST",),
    settings: tuple[type[Settings], ...] = (),
    verifies: bool = False,
    refusals_with_200: bool = False,
    refusal_url: RefusalUrl | None = None,
    page: RefusalPage | None = None,
    is_scheduled: bool = False,
) -> Callable[[Handler], Callable[[Request], Awaitable[Response]]]:
    """Serve an async handler.

    `caller` is one or more of `user` (signed in), `service` (the secret key), `webhook` and `public` (the handler
    checks for itself). `settings` are read when the process starts: if one is missing it does not start.
    `verifies` is for what serves people, holds no secret, and still does something before it asks the database.
    `refusals_with_200` is for pages that can read a reason only so: what the handler refuses because of the state of
    the world is answered with status 200 and `success: false` beside the usual keys. `refusal_url` is for pages that
    read nothing and follow a `url`: the same, with the address of a page that says why; refusals for which it gives
    none keep their status. `page` is for pages of our own: a body may be a form's as well, which adds to what is in the
    address; and a browser is shown a refusal by this. `is_scheduled` writes down how each run of the scheduler's ended.
    """
    callers = (caller,) if isinstance(caller, str) else caller
    needed: tuple[type[Settings], ...] = (SupabaseSettings, *settings)

    def serve(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        contract = replace(
            _contract(handler, callers, methods, needed),
            verifies=verifies or _decides(callers, needed),
            refusals_with_200=refusals_with_200 or refusal_url is not None,
            refusals_have_url=refusal_url is not None,
            is_page=page is not None,
            is_scheduled=is_scheduled,
        )
        if os.environ.get("FUNCTION_TARGET") == contract.name:
            _refuse_wsgi()
            read_all(needed)

        @functools.wraps(handler)
        async def function(request: Request) -> Response:
            return await _answer(request, handler, contract, page, refusal_url)

        function.__annotations__ = {}
        function.contract = contract  # type: ignore[attr-defined]
        gc.freeze()  # as in shared/__init__.py: by now there is more that stays
        return function

    return serve


def _refuse_wsgi() -> None:
    """Started without --asgi, functions-framework would look healthy and answer every request with a 500."""
    if "functions_framework" in sys.modules and "functions_framework.aio" not in sys.modules:
        raise MissingSettings("functions-framework needs --asgi here. Set FUNCTION_USE_ASGI=1.")


def _decides(callers: tuple[str, ...], settings: tuple[type[Settings], ...]) -> bool:
    """Whether the database is not who decides for whom it acts: it serves the platform too, or holds a secret."""
    serves_people = "user" in callers
    holds_secret = any(is_secret(name) for group in settings for name in group.names())
    return "service" in callers or (serves_people and holds_secret)


def _contract(
    handler: Handler,
    callers: tuple[str, ...],
    methods: tuple[str, ...],
    settings: tuple[type[Settings], ...],
) -> Contract:
    hints = get_type_hints(handler)
    takes = get_args(hints["call"])[0]
    # A page that programs read too gives them its model, and browsers a response.
    gives = next((each for each in get_args(hints["return"]) if issubclass(each, BaseModel)), hints["return"])
    return Contract(
        name=handler.__name__,
        callers=callers,
        methods=methods,
        takes=takes if isinstance(takes, type) and issubclass(takes, BaseModel) else None,
        gives=gives if isinstance(gives, type) and issubclass(gives, BaseModel) else None,
        gives_file=gives.media_type if isinstance(gives, type) and issubclass(gives, Response) else None,
        settings=settings,
    )


async def _answer(
    request: Request,
    handler: Handler,
    contract: Contract,
    page: RefusalPage | None,
    refusal_url: RefusalUrl | None,
) -> Response:
    end_in_time()
    if request.method == "OPTIONS":
        return Response(status_code=204, headers=CORS)
    started = time.perf_counter()
    headers = admission.headers_of(request)
    request_id = _request_id(headers)
    line: dict[str, Any] = {
        "function": contract.name,
        "request_id": request_id,
        **log_lines.trace_of(headers.get("traceparent")),
    }
    call: Call[Any] | None = None
    result: Any = None
    if page:
        receive(contract.name.replace("_", "-"), request.query_params, headers)
    try:
        if inspection.QUESTION in headers:
            result = await inspection.inspect(request, headers, request_id, line)
        else:
            call = await admission.admit(request, headers, contract, request_id, line)
            result = await handler(call)
            if call.is_claimed:
                raise Broken(details="It answered somebody whose token the database has not seen.")
        response = _reply(result)
    except Refusal as refused:
        line |= _explain(refused)
        if page and _is_browser(headers):
            response = page(refused)
        else:
            response = _reply(refused, readable=_readable(call, contract, refused, refusal_url))
    except Exception:  # noqa: BLE001 - the last line of defence: whatever it is, the caller gets one shape
        line |= {"code": Broken.code, "error": _clean(traceback.format_exc())}
        response = page(Broken()) if page and _is_browser(headers) else _reply(Broken())
    response.raw_headers += [*CORS_RAW, (b"x-request-id", request_id.encode())]
    line["ms"] = round((time.perf_counter() - started) * 1000, 1)
    if call is not None:
        if call.caller and not call.is_claimed:
            line["caller"] = str(call.caller)
        line |= log_lines.ids_in(call.body, result) | call.facts
        if contract.is_scheduled:
            line |= await record_run(call, contract.name, response.status_code, line)
        line["database_calls"] = call.database_calls
    _write(line, response.status_code)
    return response


def _request_id(headers: admission.Headers) -> str:
    """The caller's own, if it can be passed on and logged as it is."""
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else os.urandom(16).hex()


def _is_browser(headers: admission.Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def _write(line: dict[str, Any], status: int) -> None:
    """Errors are ours to look at; a warning is what was refused, or what a run could not do."""
    warns = status >= 400 or bool(line.get("failures"))
    severity = "ERROR" if status >= 500 else "WARNING" if warns else "INFO"
    words = (line["function"], str(status), line.get("code"))
    # What a handler logged under a name of the line's own gives way to it.
    facts = {name: value for name, value in line.items() if name not in OF_THE_LINE}
    log_lines.write(severity, " ".join(filter(None, words)), status=status, **facts)


def _readable(
    call: Call[Any] | None, contract: Contract, refused: Refusal, refusal_url: RefusalUrl | None
) -> dict[str, Any] | None:
    """What stands beside the usual keys of a refusal that is answered with 200; None if it keeps its status."""
    if call is None or not contract.refusals_with_200:
        return None
    if refusal_url and refused.status in DOMAIN_STATUSES | {429}:
        url = refusal_url(call, refused)
        return {"success": False, "url": url} if url else None
    return {"success": False} if refused.status in DOMAIN_STATUSES else None


def _reply(result: Any, *, readable: dict[str, Any] | None = None) -> Response:
    if isinstance(result, Response):
        return result
    if isinstance(result, Refusal):
        body = Broken().body() if result.status == 500 else result.body()
        if readable:
            return Response(to_json({**readable, **body}), 200, result.headers, "application/json")
        return Response(to_json(body), result.status, result.headers, "application/json")
    return Response(result.model_dump_json(), 200, media_type="application/json")


def _explain(refused: Refusal) -> dict[str, Any]:
    """What the log says of a refusal. A 500 hides its details from the caller, so they stand here."""
    explained: dict[str, Any] = {"code": refused.code}
    if refused.reason:
        explained["reason"] = refused.reason
    if refused.status >= 500:
        explained |= {
            "error": str(refused),
            "details": _clean(refused.details),
            "cause": _clean(repr(refused.__cause__)),
        }
    return explained


def _clean(told: Any) -> Any:
    return log_lines.without_secrets(told, Settings.secret_values()) if isinstance(told, str) else told
