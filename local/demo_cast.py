"""Who takes part in the demo: people who are signed in and get mail, and what stands in for the rest of the world."""

import html
import re
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Person:
    """Somebody signed in."""

    id: str
    email: str
    api: httpx.Client

    def call(self, function: str, body: dict[str, Any] | None = None) -> Any:
        """What supabase-js does on `functions.invoke`."""
        return self._read(self.api.post(f"/functions/v1/{function}", json=body or {}))

    def call_rpc(self, name: str, body: dict[str, Any]) -> Any:
        """What supabase-js does on `rpc`."""
        return self._read(self.api.post(f"/rest/v1/rpc/{name}", json=body))

    def read(self, table: str, **filters: str) -> Any:
        """What supabase-js does on `from(table).select()`."""
        return self._read(self.api.get(f"/rest/v1/{table}", params=filters))

    def write(self, table: str, row: dict[str, Any], conflict: str | None = None) -> Any:
        """What supabase-js does on `insert`, or on `upsert` where a conflict is named."""
        prefer = "return=representation" + (",resolution=merge-duplicates" if conflict else "")
        params = {"on_conflict": conflict} if conflict else {}
        return self._read(
            self.api.post(f"/rest/v1/{table}", json=row, params=params, headers={"prefer": prefer})
        )

    def change(self, table: str, row: dict[str, Any], **filters: str) -> Any:
        """What supabase-js does on `update`."""
        return self._read(
            self.api.patch(
                f"/rest/v1/{table}", json=row, params=filters, headers={"prefer": "return=representation"}
            )
        )

    @staticmethod
    def _read(reply: httpx.Response) -> Any:
        if reply.status_code >= 300:
            raise SystemExit(
                f"\n{reply.request.method} {reply.request.url.path}: {reply.status_code} {reply.text}"
            )
        return reply.json()


def sign_in(env: dict[str, str], role: str) -> Person:
    """Sign in with the log-in that the first start made up."""
    api = httpx.Client(
        base_url=env["SUPABASE_URL"], headers={"apikey": env["SUPABASE_PUBLISHABLE_KEY"]}, timeout=60
    )
    reply = api.post(
        "/auth/v1/token",
        params={"grant_type": "password"},
        json={"email": env[f"DEMO_{role}_EMAIL"], "password": env[f"DEMO_{role}_PASSWORD"]},
    ).raise_for_status()
    session = reply.json()
    api.headers["authorization"] = f"Bearer {session['access_token']}"
    return Person(session["user"]["id"], session["user"]["email"], api)


class StandIns:
    """What the world does in the real one: people who join and leave, and the scheduler's minute."""

    def __init__(self, env: dict[str, str]) -> None:
        self._agora = httpx.Client(base_url=env["AGORA_API_URLS"], timeout=20)
        key = env["SUPABASE_SECRET_KEY"]
        self._service = httpx.Client(base_url=env["FUNCTIONS_URL"], headers={"apikey": key}, timeout=60)

    def set_present(self, channel: str, uids: list[int]) -> None:
        """These people, and nobody else, are in the channel."""
        self._agora.post(f"/_control/channels/{channel}", json={"uids": uids}).raise_for_status()

    def run(self, function: str) -> None:
        """The scheduler calls, as it does each minute."""
        self._service.post(f"/{function}", json={}).raise_for_status()


class Mailbox:
    """What was mailed to people, and the pages that its links lead to, as a browser without scripts has them."""

    def __init__(self, env: dict[str, str]) -> None:
        self._caught = httpx.Client(base_url=env["MAIL_URL"], timeout=20)
        self._browser = httpx.Client(headers={"accept": "text/html"}, timeout=60)

    def newest(self, person: Person) -> dict[str, Any]:
        """The newest mail to somebody."""
        return self._all(person)[-1]

    def find_link(self, person: Person, page: str) -> str | None:
        """To one of our pages, from the newest mail to somebody that leads there."""
        for mail in reversed(self._all(person)):
            if found := re.search(rf"https?://\S+/{page}\?token=\w+", mail["TextBody"]):
                return found[0]
        return None

    def open(self, link: str) -> str:
        """Look at a page, which changes nothing."""
        return self._browser.get(link).raise_for_status().text

    def press(self, link: str, **fields: str) -> str:
        """A button of it. Gives the page that follows."""
        return self._browser.post(link, data=fields).raise_for_status().text

    def _all(self, person: Person) -> list[dict[str, Any]]:
        caught = self._caught.get("/messages").raise_for_status().json()
        return [mail for mail in caught if mail["To"] == person.email]


def read_paragraph(page: str, words: str) -> str:
    """The paragraph of a page in which these words stand."""
    for paragraph in re.findall(r"<p[^>]*>(.*?)</p>", page, re.DOTALL):
        text = " ".join(html.unescape(re.sub("<[^>]+>", "", paragraph)).split())
        if words in text:
            return text
    raise SystemExit(f"No paragraph of the page says: {words}")
