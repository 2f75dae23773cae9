"""The page that plays a recording: one video element that goes on to the next part and comes back for addresses."""

import json
import secrets
from html import escape

from starlette.responses import HTMLResponse

STYLE = """
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #111; color: #ddd;
         font: 16px/1.5 system-ui, sans-serif; }
  video { max-width: 100vw; max-height: 92vh; }
  p { text-align: center; padding: 0 1rem; }
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
    if (at === failedAt) { note.textContent = "This browser cannot play the recording."; return; }
    failedAt = at;
    open(part, at);
    video.play();
  });
  open(0);
"""


def player_page(addresses: list[str], *, media_origin: str) -> HTMLResponse:
    """A page that plays these addresses one after the other."""
    nonce = secrets.token_urlsafe(16)
    parts = json.dumps(addresses).replace("<", "\\u003c")
    body = f"""<video controls playsinline></video><p></p>
<script type="application/json" id="parts">{parts}</script>
<script nonce="{nonce}">{PLAYER}</script>"""
    return _page(
        "Session recording", body, nonce, f"script-src 'nonce-{nonce}'; media-src 'self' {media_origin}"
    )


def not_found_page() -> HTMLResponse:
    """What a revoked or unknown link shows."""
    nonce = secrets.token_urlsafe(16)
    sentence = "This link leads to no recording, or not any more. Please ask for a new one."
    return _page("No recording", f"<p>{escape(sentence)}</p>", nonce, status=404)


def _page(
    title: str, body: str, nonce: str, policy: str = "script-src 'none'", status: int = 200
) -> HTMLResponse:
    html = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style nonce="{nonce}">{STYLE}</style></head>
<body><main>{body}</main></body>
</html>
"""
    allowed = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'; {policy}"
    )
    return HTMLResponse(html, status, {"content-security-policy": allowed})
