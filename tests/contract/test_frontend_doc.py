"""docs/frontend.md shows what the sample page does, which a browser tests; and leads to files that are there."""

import re

from deploy.functions import ROOT

DOCUMENT = ROOT / "docs" / "frontend.md"


def test_the_lines_that_read_an_error_are_those_of_the_sample_page() -> None:
    sample = (ROOT / "docs/examples/booking/booking.js").read_text()
    (shown,) = re.findall(r"^async function result\(.*?^}$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)

    assert shown in sample


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", DOCUMENT.read_text())

    assert links and all((DOCUMENT.parent / link).exists() for link in links)
