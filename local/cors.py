"""The headers without which a browser hides an answer from the page that asked."""

from collections.abc import Mapping

from aiohttp import web

HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, x-client-info, apikey, content-type, x-retry-count, traceparent, "
    "tracestate, baggage, idempotency-key, x-region, x-supabase-api-version",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Expose-Headers": "x-relay-error, sb-error-code",
}


def refusal(status: int, code: str, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An error in the shape that the platform's callers read."""
    body = {"error": sentence, "code": code, "message": sentence, "details": None, "hint": None}
    return web.json_response(body, status=status, headers={**HEADERS, **(headers or {})})
