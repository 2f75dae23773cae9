"""What people call themselves and their classes, as it stands in a sentence of ours.

    f"Standing session with {isolated(one_line(name))}"

The signs that belong to a writing stay: Sinhala, Persian and emoji are held together by joiners. Those that turn the
direction of what comes after them go, and a name from right to left is set apart, so that it moves nothing beside it.
"""

import re
import unicodedata

JOINERS = "\u200c\u200d"  # zero width non-joiner, and joiner
# A flag's letters stand behind a black flag.
FLAG = "\U0001f3f4[\U000e0020-\U000e007f]+"
# They have category Cf and can be seen all the same: they go around the digits that follow.
AROUND_DIGITS = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
_kept = re.compile(f"[{AROUND_DIGITS}]|(?<=[^\\s{JOINERS}])[{JOINERS}]|{FLAG}")
FIRST_STRONG, POP = "\u2068", "\u2069"


def one_line(text: str | None, at_most: int = 80) -> str:
    """A name on one line, not longer than a name, and without a sign that is not part of one."""
    written = text or ""
    kept = {n for found in _kept.finditer(written) for n in range(*found.span())}
    signs = (sign if n in kept or sign.isprintable() else _instead(sign) for n, sign in enumerate(written))
    return shortened(" ".join("".join(signs).split()), at_most)


def shortened(words: str, at_most: int) -> str:
    """As much as fits, and no half of a letter: what hangs on one stays with it or goes with it."""
    if len(words) <= at_most:
        return words
    at = at_most - 1
    while at and (_hangs(words[at]) or words[at - 1] in JOINERS):
        at -= 1
    return words[:at].rstrip() + "…"


def _instead(sign: str) -> str:
    """A line break or tab parts words; what has no width parts none."""
    return "" if unicodedata.category(sign) == "Cf" else " "


def _hangs(sign: str) -> bool:
    return sign in JOINERS or unicodedata.category(sign).startswith("M") or 0x1F3FB <= ord(sign) <= 0x1F3FF


def isolated(name: str) -> str:
    """The name, set apart if any of it is written from right to left; most are not, and stay as they are."""
    is_turned = any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for sign in name)
    return f"{FIRST_STRONG}{name}{POP}" if is_turned else name


def as_elements(html: str) -> str:
    """A page in which names are set apart by the element that is meant for it, which more programs know."""
    head, body, rest = html.partition("<body")
    return head + body + re.sub(f"{FIRST_STRONG}([^<{FIRST_STRONG}{POP}]*){POP}", r"<bdi>\1</bdi>", rest)
