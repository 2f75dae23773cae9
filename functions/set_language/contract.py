"""What the choice of a language takes: each page shows it at its foot."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.database import Rpc
from shared.languages import languages
from shared.wire import Input, Output

# The pages that have a link of somebody's in their address, and so the choice at their foot.
PAGES = (
    "answer-change",
    "answer-offer",
    "answer-recording-consent",
    "book-series",
    "choose-place",
    "find-classes",
    "find-substitute",
    "manage-calendars",
    "manage-series",
    "manage-session",
    "pay-fee",
    "pay-session",
    "rate-session",
    "review-fees-and-ratings",
    "show-payout",
    "sign-waiver",
    "unsubscribe",
)
# A page beside this one and what its forms write into addresses. No scheme, slash, backslash or line end can be in it.
WAY_BACK = re.compile(rf"(?:{'|'.join(PAGES)})\?[\w.~%&=+*-]{{1,2000}}", re.ASCII)


def _of_ours(back: str) -> str:
    if back and not WAY_BACK.fullmatch(back):
        raise ValueError("must be a page of ours with its query")
    return back


def _that_there_is(language: str) -> str:
    if language and language not in languages():
        raise ValueError(f"must be one of {', '.join(languages())}")
    return language


class SetLanguage(Input):
    """Of a page's form."""

    token: str = Field("", max_length=200)
    back: Annotated[str, AfterValidator(_of_ours)] = Field(
        "", max_length=2100, description="The page of ours to lead back to, with its query."
    )
    language: Annotated[str, AfterValidator(_that_there_is)] = Field(
        "", max_length=5, description="By its tag; empty: nothing is chosen."
    )


class ChosenLanguage(Output):
    """In which language the link's person reads from now on."""

    language: str


set_language_by_link_rpc = Rpc(
    "set_language_by_link",
    gives=ChosenLanguage,
    refuses=("link_not_found", "link_ended", "language_not_possible", "too_many_requests"),
)
