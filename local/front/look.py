"""Pages of the local stack: one look, filled in from the templates in this folder."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent
_templates = Environment(
    loader=FileSystemLoader(HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["style"] = (HERE / "look.css").read_text()


def show(
    template: str, *, status: int = 200, allowing: Mapping[str, str] = MappingProxyType({}), **variables: Any
) -> web.Response:
    """A page that asks no other host, is in no frame of others, and is kept by nobody.

    `allowing` is what it may do beyond what all may: directives of a content security policy.
    """
    nonce = secrets.token_urlsafe(16)
    policy = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "img-src": "data:",
        "style-src": f"'nonce-{nonce}'",
        "script-src": f"'nonce-{nonce}'",
        **allowing,
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",  # a button says its origin, other sites hear nothing
        "X-Content-Type-Options": "nosniff",
    }
    html = _templates.get_template(template).render(nonce=nonce, **variables)
    return web.Response(text=html, content_type="text/html", status=status, headers=headers)


def wants_page(request: web.Request) -> bool:
    """Whether a browser asks for something to look at, and not a program."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")


def when(moment: datetime | str | None) -> str:
    """A moment as the page says it, on the clock of this machine."""
    if moment is None:
        return "never"
    return f"{_read(moment).astimezone():%-d %b, %H:%M:%S}"


def subject(mail: dict[str, Any]) -> str:
    """A mail as lists name it."""
    return str(mail.get("Subject") or mail.get("TemplateAlias") or mail.get("TemplateId") or "(no subject)")


def _read(moment: datetime | str) -> datetime:
    return datetime.fromisoformat(moment) if isinstance(moment, str) else moment


_templates.filters |= {"when": when, "subject": subject}
