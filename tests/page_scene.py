"""A scene in which people reach pages of ours by the links in their mails, as a browser does and as nobody does."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from .cast import Person
from .mail_scene import MailScene

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "user-agent": "Mozilla/5.0"}


class PageScene(MailScene):
    """Somebody who books and is mailed."""

    def link_to(self, page: str, person: Person | None = None) -> str:
        """The address of a page in the newest mail to somebody that has one, by the page's function."""
        for mail in reversed(self.mails_to(person or self.client)):
            found = re.search(rf"https?://\S+/{page.replace('_', '-')}\?token=\w+", mail["TextBody"])
            if found:
                return found[0]
        raise AssertionError(f"no mail leads to {page}")

    def address(self, page: str) -> str:
        """Of a page that takes no link."""
        return f"{self.stage.env['PAGES_URL']}/{page.replace('_', '-')}"

    def make_link(self, page: str, person: Person, subject: str | None, ends_in: str = "1 day") -> str:
        """A link that no mail has had yet."""
        token = self.stage.value(
            "select private.make_page_link(%s, %s, %s, now() + %s::interval)",
            page,
            person.id,
            subject,
            ends_in,
        )
        return f"{self.address(page)}?token={token}"

    def look(self, link: str) -> httpx.Response:
        """What a person sees."""
        return self.stage.http.get(link, headers=BROWSER)

    def press(self, link: str, **fields: Any) -> httpx.Response:
        """A button, with what its form holds."""
        return self.stage.http.post(link, data=fields, headers=BROWSER)

    def token(self, link: str) -> str:
        return parse_qs(urlsplit(link).query)["token"][0]
