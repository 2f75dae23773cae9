"""docs/api/openapi.json: the API as the contracts promise it. Nothing in it is written by hand."""

import inspect
import json
from collections import Counter, defaultdict
from collections.abc import Collection
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from shared.call import Contract
from shared.serving import DOMAIN_STATUSES

from . import errors
from .functions import ROOT, Function, functions
from .glossary import described

DOCUMENT = ROOT / "docs" / "api" / "openapi.json"
REFERENCE = "#/components/schemas/{model}"

REFUSAL = {
    "description": "The one shape of a failure. `code` is for programs and never changes; the sentences may.",
    "type": "object",
    "required": ["error", "code", "message", "details", "hint"],
    "properties": {
        "error": {"type": "string", "description": "A sentence that can be shown to people."},
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "message": {
            "type": "string",
            "description": "The same sentence, under the name that PostgREST gives it.",
        },
        "details": {"description": "Of a 422: each field and its problem."},
        "hint": {"type": ["string", "null"], "description": "The way forward, where there is one."},
    },
}
SAYS_NO = {"type": "object", "required": ["success"], "properties": {"success": {"const": False}}}
# These two are called otherwise from Python 3.13 on; the document is one whoever writes it.
PHRASES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
RETRY_AFTER = {"description": "Seconds until asking again.", "schema": {"type": "integer"}}
REFUSAL_URL = {
    "type": "object",
    "required": ["url"],
    "properties": {
        "url": {"type": "string", "description": "A page of ours that says why, and the way back."}
    },
}
INFO = {
    "title": "Practice sessions",
    "version": "2",
    "summary": "Booking, meeting, recording and paying for guided practice sessions.",
    "description": (
        "Each function is called through supabase-js (`functions.invoke`) or as it stands here. Tables, views and RPCs"
        " are PostgREST's, below `/rest/v1`: docs/api/database.types.ts has them. Every refusal has the shape of"
        " `Refusal`; docs/api/errors.md has every code."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
CALLERS = {
    "user": "a signed-in person",
    "service": "the service, with the secret key",
    "webhook": "somebody who signs what they send",
    "public": "anybody",
}
SECURITY = {
    "user": {"type": "http", "scheme": "bearer", "description": "The access token of a signed-in person."},
    "service": {
        "type": "apiKey",
        "in": "header",
        "name": "apikey",
        "description": "The project's secret key.",
    },
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key and body within 24 hours get the same answer.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


def write() -> None:
    """Write the document."""
    DOCUMENT.parent.mkdir(parents=True, exist_ok=True)
    DOCUMENT.write_text(text())


def text() -> str:
    """The document as it is checked in."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> dict[str, Any]:
    """The document, from deploy.yaml and the contract of each function's handler."""
    contracts = {function: function.contract() for function in functions().values()}
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = []
    for contract in contracts.values():
        models += [(contract.takes, "validation")] if contract.takes else []
        models += [(contract.gives, "serialization")] if contract.gives else []
    _, definitions = models_json_schema(models, ref_template=REFERENCE, schema_generator=_Untitled)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "servers": [{"url": "/functions/v1", "description": "At the project's own origin, SUPABASE_URL."}],
        "tags": [{"name": noun} for noun in dict.fromkeys(function.noun for function in contracts)],
        "paths": {
            f"/{function.name}": {
                verb.lower(): _operation(function, contract, verb) for verb in contract.methods
            }
            for function, contract in contracts.items()
        },
        "components": {
            "schemas": described({"Refusal": REFUSAL, **definitions["$defs"]}),
            "responses": {
                f"Refused{status}": _refused(status, codes)
                for status, codes in sorted(_usual_codes().items())
            },
            "securitySchemes": SECURITY,
        },
    }


class _Untitled(GenerateJsonSchema):
    """A schema without the titles that only repeat a field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _operation(function: Function, contract: Contract, verb: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{function.target}_by_{verb.lower()}"
        if verb != contract.methods[0]
        else function.target,
        "summary": function.summary,
        "description": _description(function, contract, verb),
        "tags": [function.noun],
        "parameters": [IDEMPOTENCY_KEY] if any(rpc.remembers for rpc in function.rpcs()) else [],
    }
    if contract.takes and verb == "GET":
        operation["parameters"] += _query(contract.takes)
    elif contract.takes:
        required = any(field.is_required() for field in contract.takes.model_fields.values())
        operation["requestBody"] = {"required": required, "content": _json(contract.takes.__name__)}
    operation["responses"] = _responses(function, contract)
    operation["security"] = [{caller: []} for caller in contract.callers if caller in SECURITY]
    return operation


def _description(function: Function, contract: Contract, verb: str) -> str:
    """What its body is, who calls it, and how it differs from the same path by another verb."""
    about = inspect.getdoc(contract.takes) if contract.takes else None
    said = [
        " ".join(about.split("\n\n")[0].split()) if about else "",
        f"Called by {' or '.join(CALLERS[caller] for caller in contract.callers)}.",
        f"Every {function.schedule} (cron, UTC) by the scheduler." if function.schedule else "",
        "Its fields stand in the address." if verb in ("GET", "HEAD") and contract.takes else "",
        "A page of ours, at PAGES_URL." if function.is_page else "",
    ]
    return " ".join(one for one in said if one)


def _responses(function: Function, contract: Contract) -> dict[str, Any]:
    refused = _codes_by_status(function)
    responses: dict[str, Any] = {"200": {"description": "Done."}}
    if contract.gives and contract.refusals_with_200:
        codes = {code for status in DOMAIN_STATUSES & refused.keys() for code in refused.pop(status)}
        more = [REFUSAL_URL] if contract.refusals_have_url else []
        shape = {"allOf": [*_refusal(codes)["allOf"], SAYS_NO, *more]}
        either = {"oneOf": [_json(contract.gives.__name__)["application/json"]["schema"], shape]}
        responses["200"] = {
            "description": "Done; or `success` is false, and the state of the world is in the way.",
            "content": {"application/json": {"schema": either}},
        }
    elif contract.gives:
        responses["200"]["content"] = _json(contract.gives.__name__)
    elif contract.gives_file:
        file = {"schema": {"type": "string", "format": "binary"}}
        responses["200"] = {"description": "A file.", "content": {contract.gives_file: file}}
    else:
        responses["3XX"] = {"description": "Elsewhere, in `Location`."}
    for status, codes in sorted(refused.items()):
        is_usual = codes == _usual_codes().get(status)
        usual = {"$ref": f"#/components/responses/Refused{status}"}
        responses[str(status)] = usual if is_usual else _refused(status, codes)
    return responses


def _refused(status: int, codes: Collection[str]) -> dict[str, Any]:
    return {
        "description": PHRASES.get(status, HTTPStatus(status).phrase),
        **({"headers": {"Retry-After": RETRY_AFTER}} if status == HTTPStatus.TOO_MANY_REQUESTS else {}),
        "content": {"application/json": {"schema": _refusal(codes)}},
    }


@cache
def _usual_codes() -> dict[int, set[str]]:
    """Of each status what most functions answer it with: said once."""
    counts: dict[int, Counter[frozenset[str]]] = defaultdict(Counter)
    for function in functions().values():
        for status, codes in _codes_by_status(function).items():
            counts[status][frozenset(codes)] += 1
    most = {status: count.most_common(1)[0] for status, count in counts.items()}
    return {status: set(codes) for status, (codes, times) in most.items() if times > 1}


def _codes_by_status(function: Function) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for name, code in errors.codes().items():
        if function.name in code.functions:
            for status in code.statuses:
                found[status].add(name)
    return found


def _refusal(codes: Collection[str]) -> dict[str, Any]:
    named = {"type": "object", "properties": {"code": {"enum": sorted(codes)}}}
    return {"allOf": [{"$ref": REFERENCE.format(model="Refusal")}, named]}


def _query(takes: type[BaseModel]) -> list[dict[str, Any]]:
    """A GET takes the body's fields as query parameters."""
    schema = takes.model_json_schema(schema_generator=_Untitled)
    return [
        {
            "name": name,
            "in": "query",
            "description": field["description"],
            "required": name in schema.get("required", []),
            "schema": field,
        }
        for name, field in described({"": schema})[""]["properties"].items()
    ]


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model)}}}
