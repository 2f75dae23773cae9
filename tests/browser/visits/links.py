"""Every page that a link leads to, of what is booked or paid."""

import re
from collections.abc import Iterator
from typing import Any

from tests.cast import Stage
from tests.functions.test_sign_waiver import Paid
from tests.page_scene import PageScene

from .visit import LONG_NAME, Visit


def links_in(mails: list[dict[str, Any]], page: str) -> list[str]:
    return [
        url
        for mail in mails
        for url in re.findall(rf"https?://\S+/{page.replace('_', '-')}\?\S+", mail["TextBody"])
    ]


def by_link(stage: Stage, page: str) -> Iterator[Visit]:
    """By a mail that leads there, or a link that is made: for client and practitioner, of what is booked or paid."""
    found: dict[str, str] = {}
    for how, scene in (("booked", PageScene(stage)), ("paid", Paid(stage))):
        scene.call(scene.client, LONG_NAME)
        scene.call(scene.practitioner, LONG_NAME)
        scene.session = scene.session if how == "paid" else scene.book()
        scene.send()
        for person, who in ((scene.client, "client"), (scene.practitioner, "practitioner")):
            made = scene.make_link(page, person, scene.session)
            if mailed := links_in(scene.mails_to(person), page):
                found[f"{how}, mailed to {who}"] = mailed[-1]
            elif scene.look(made).status_code == 200:
                found[f"{how}, {who}"] = made
    for name, url in sorted(found.items(), key=lambda each: "client" in each[0]):
        # What one presses may be over for the other: a client of each scene does, after everybody else's look.
        yield Visit(page, name, url, presses="client" in name)
    over = scene.make_link(page, scene.client, scene.session, ends_in="-1 second")
    yield Visit(page, "over", over)
