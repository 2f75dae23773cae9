"""The pages of a recording's link: the player, the door of a shared link, and what a link that has ended shows.

The player is one video element that goes on to the next part and comes back for addresses.
"""

import json
import secrets
from html import escape

from starlette.responses import HTMLResponse

from shared.errors import Refusal

from .contract import SharedRecording

STYLE = """
  :root { color-scheme: dark; --ground: #151412; --card: #1f1d1a; --ink: #f3eee4; --soft: #b5ada0; --leaf: #8fc1ae;
          --on-leaf: #14201b; --wrong: #e7a08c; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground);
         color: var(--soft); font: 16px/1.6 system-ui, sans-serif; }
  video { display: block; max-width: 100vw; max-height: 92vh; }
  .note { margin: .75rem 1rem; min-height: 1.6em; text-align: center; }
  .card { box-sizing: border-box; width: min(28rem, 100vw - 2rem); padding: 2.25rem; border-radius: 14px;
          background: var(--card); }
  h1 { margin: 0 0 .75rem; color: var(--ink); font: 400 1.75rem/1.25 Georgia, serif; }
  p { margin: 0 0 1rem; }
  .card p:last-child { margin: 0; }
  form { margin: 1.25rem 0 0; }
  label { display: block; margin: 0 0 .35rem; color: var(--ink); }
  input { box-sizing: border-box; width: 100%; margin: 0 0 1.25rem; padding: .75rem .9rem; border: 1px solid #5a544b;
          border-radius: 8px; background: var(--ground); color: var(--ink); font: inherit; }
  button { padding: .85rem 1.9rem; border: 0; border-radius: 99px; cursor: pointer; background: var(--leaf);
           color: var(--on-leaf); font: 600 1rem system-ui, sans-serif; }
  button:focus-visible, input:focus-visible { outline: 3px solid var(--leaf); outline-offset: 3px; }
  .wrong { color: var(--wrong); }
"""

PLAYER = """
  const parts = JSON.parse(document.getElementById("parts").textContent);
  const video = document.querySelector("video"), note = document.querySelector("p");
  let part = 0, failedAt = -1;
  function open(index, at = 0) {
    part = index;
    video.src = parts[index];
    video.currentTime = at;
    note.textContent = parts.length > 1 ? `Part ${index + 1} of ${parts.length}` : "";
  }
  video.addEventListener("ended", () => {
    if (part + 1 < parts.length) { open(part + 1); video.play(); }
  });
  // An address is good for a minute. Seeking later fails once: come back for a new one and go on at the same place.
  video.addEventListener("error", () => {
    const at = video.currentTime;
    if (at === failedAt) {
      note.textContent = "This cannot be played. The link may have ended: load the page again.";
      return;
    }
    failedAt = at;
    open(part, at);
    video.play();
  });
  open(0);
"""
TITLES = {410: "This link has ended", 429: "Please wait a moment"}


def player_page(addresses: list[str], *, media_origin: str) -> HTMLResponse:
    """A page that plays these addresses one after the other."""
    nonce = secrets.token_urlsafe(16)
    parts = json.dumps(addresses).replace("<", "\\u003c")
    body = f"""<video controls playsinline></video><p class="note"></p>
<script type="application/json" id="parts">{parts}</script>
<script nonce="{nonce}">{PLAYER}</script>"""
    return _page(
        "Session recording", body, nonce, f"script-src 'nonce-{nonce}'; media-src 'self' {media_origin}"
    )


def closed_page(share: str, link: SharedRecording) -> HTMLResponse:
    """The door: a password where there is one, and a button, because opening is an act that is counted."""
    is_wrong = link.state == "wrong_password"
    words = "Somebody has shared a recording of their session with you. Please do not pass it on."
    wrong = '<p class="wrong" role="alert">That is not the password.</p>' if is_wrong else ""
    field = (
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" maxlength="200" required autofocus autocomplete="off">'
    )
    body = f"""<p>{words}</p>{wrong}<form method="post" action="?">
<input type="hidden" name="share" value="{escape(share)}">
{field if link.has_password else ""}<button>Watch</button></form>"""
    return _card("A recording for you", body, "form-action 'self'", status=403 if is_wrong else 200)


def refusal_page(refused: Refusal) -> HTMLResponse:
    """What a link shows that is unknown, has ended, or is locked for a while."""
    sentence = refused.sentence
    hint = refused.hint or ("" if refused.status == 429 else "Please ask for a new one.")
    page = _card(
        TITLES.get(refused.status, "No recording"),
        f"<p>{escape(sentence)} {escape(hint)}</p>",
        status=refused.status,
    )
    page.headers.update(refused.headers)
    return page


def _card(title: str, body: str, policy: str = "form-action 'none'", status: int = 200) -> HTMLResponse:
    nonce = secrets.token_urlsafe(16)
    return _page(title, f'<div class="card"><h1>{title}</h1>{body}</div>', nonce, policy, status)


def _page(title: str, body: str, nonce: str, policy: str, status: int = 200) -> HTMLResponse:
    html = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>{title}</title>
<style nonce="{nonce}">{STYLE}</style></head>
<body><main>{body}</main></body>
</html>
"""
    allowed = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'; {policy}"
    )
    return HTMLResponse(html, status, {"content-security-policy": allowed})
