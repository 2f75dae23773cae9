"""The page behind a link to switch mails off: one sentence and one button."""

import secrets
from html import escape

from starlette.responses import HTMLResponse

from shared.errors import Refusal

from .contract import Choice

WORDS = {
    "session_reminders": "reminders before your sessions",
    "follow_ups": "mails after your sessions and about credits that end",
}
STYLE = """
  :root { color-scheme: light dark; --ground: #f5f1ea; --card: #fff; --ink: #23201b; --soft: #5d564b;
          --leaf: #2f5d50; --on-leaf: #fff; }
  @media (prefers-color-scheme: dark) {
    :root { --ground: #151412; --card: #1f1d1a; --ink: #f3eee4; --soft: #b5ada0; --leaf: #8fc1ae; --on-leaf: #14201b; }
  }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 16px/1.6 system-ui, sans-serif;
         background: var(--ground); color: var(--soft); }
  main { box-sizing: border-box; width: min(30rem, 100vw - 2rem); padding: 2.25rem; border-radius: 14px;
         background: var(--card); }
  h1 { margin: 0 0 .75rem; color: var(--ink); font: 400 1.75rem/1.25 Georgia, serif; }
  button { margin: .5rem 0 1rem; padding: .85rem 1.75rem; border: 0; border-radius: 99px; cursor: pointer;
           background: var(--leaf); color: var(--on-leaf); font: 600 1rem system-ui, sans-serif; }
  button:focus-visible, a:focus-visible { outline: 3px solid var(--leaf); outline-offset: 3px; }
  a { color: inherit; }
"""


def choice_page(choice: Choice, site: str) -> HTMLResponse:
    """What is switched off, or can be."""
    what = WORDS[choice.category]
    if choice.is_opted_out:
        return _page("Done", f"<p>You get no more {what}.</p>", site)
    form = '<form method="post"><button>Switch them off</button></form>'
    return _page(
        "Fewer mails?",
        f"<p>You get {what}. What you book, pay or sign is confirmed in any case.</p>{form}",
        site,
    )


def refusal_page(refused: Refusal) -> HTMLResponse:
    """What a link that nobody was sent shows, and how long to wait after many of them."""
    title = "This link is not known" if refused.status == 404 else "Please wait a moment"
    page = _page(title, f"<p>{escape(refused.hint or refused.sentence)}</p>", None, refused.status)
    page.headers.update(refused.headers)
    return page


def _page(title: str, body: str, site: str | None, status: int = 200) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    back = f'<p><a href="{escape(site)}">Back to the website</a></p>' if site else ""
    html = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style nonce="{nonce}">{STYLE}</style></head>
<body><main><h1>{title}</h1>{body}{back}</main></body>
</html>
"""
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'"
    headers = {
        "content-security-policy": f"{policy}; frame-ancestors 'none'",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-robots-tag": "noindex",
    }
    return HTMLResponse(html, status, headers)
