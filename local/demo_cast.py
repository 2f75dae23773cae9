"""Who takes part in the demo: people who are signed in and get mail, and what stands in for the rest of the world."""

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from deploy.api import Api

if TYPE_CHECKING:
    from postgrest import SyncRequestBuilder

PATIENCE_S = 60


@dataclass(frozen=True)
class Person:
    """Somebody signed in, who asks as a browser does for them."""

    id: str
    email: str
    api: Api

    def from_(self, table: str) -> "SyncRequestBuilder":
        """A table, as this person may see and write it."""
        return self.api.client.from_(table)

    def rpc(self, name: str, arguments: dict[str, Any]) -> Any:
        """What an RPC answers this person."""
        return self.api.client.rpc(name, arguments).execute().data

    def call(self, function: str, body: dict[str, Any] | None = None) -> Any:
        """What a function answers."""
        return self.api.invoke(function, body)


def sign_in(env: dict[str, str], role: str) -> Person:
    """Sign in with the log-in that the first start made up."""
    api = Api(env, env["SUPABASE_PUBLISHABLE_KEY"], seconds=PATIENCE_S)
    person = api.sign_in(env[f"DEMO_{role}_EMAIL"], env[f"DEMO_{role}_PASSWORD"]).user
    return Person(person.id, str(person.email), api)


class StandIns:
    """What the world does in the real one: people who join and leave, and the scheduler's minute."""

    def __init__(self, env: dict[str, str]) -> None:
        self._agora = httpx.Client(base_url=env["AGORA_API_URLS"], timeout=20)
        self._service = Api(env, env["SUPABASE_SECRET_KEY"], seconds=PATIENCE_S)

    def set_present(self, channel: str, uids: list[int]) -> None:
        """These people, and nobody else, are in the channel."""
        self._agora.post(f"/_control/channels/{channel}", json={"uids": uids}).raise_for_status()

    def run(self, function: str) -> None:
        """The scheduler calls, as it does each minute."""
        self._service.invoke(function)


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
