"""docs/frontend.md shows what the sample page does, which a browser tests."""

import re

from deploy.functions import ROOT

DOCUMENT = ROOT / "docs" / "frontend.md"


def test_the_lines_that_read_an_error_are_those_of_the_sample_page() -> None:
    sample = (ROOT / "docs/examples/booking/booking.js").read_text()
    (shown,) = re.findall(r"^async function result\(.*?^}$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)

    assert shown in sample
