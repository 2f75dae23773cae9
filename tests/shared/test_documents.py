"""Setting a copy: whatever the text is, nothing of it is lost, nothing overflows, and no line stands alone."""

import ast
import base64
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fpdf.enums import TextDirection
from fpdf.fonts import TTFFont
from pypdf import PdfReader

from shared import documents
from shared.documents.sheet import Font, Sheet
from shared.documents.signed import SignedDocument
from shared.documents.signed_pages import render
from shared.languages import spoken
from tests.contract_scene import drawing, pages_of
from tests.png_corpus import REFUSED

AT = datetime(2026, 11, 22, 15, 4, 5, 123456, tzinfo=UTC)
URL = "https://project.test/functions/v1/verify-signature?sha256=" + "e" * 64
CLAUSE = "A sentence about what either side does, and does not, in the course of the time of this agreement. "

DOCUMENTS = Path(documents.__file__).parent


def document(body: str, **more: Any) -> SignedDocument:
    """A signed contract with this text."""
    return SignedDocument.model_validate(
        {
            "kind": "contract",
            "document_id": UUID(int=1),
            "title": "Practitioner agreement",
            "version": "1",
            "body": body,
            "text_sha256": "a" * 64,
            "status": "signed",
            "issued_at": AT,
            "expires_at": None,
            "ended_at": None,
            "ended_reason": None,
            "signed_at": AT,
            "signer_id": UUID(int=2),
            "signer_name": "A. Practitioner",
            "signer_email": "practitioner@demo.test",
            "is_observed": True,
            "ip_address": "2001:db8::7",
            "user_agent": "Browser/1.0",
            "signature_name": None,
            "signature_image": None,
            "signature_image_sha256": None,
            "evidence_sha256": "e" * 64,
            **more,
        }
    )


def printed_spans(pdf: bytes) -> set[tuple[float, float]]:
    """Where each piece of text begins and ends, in points from the left and from the foot, on any page."""
    places: set[tuple[float, float]] = set()
    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=lambda _, __, matrix, *___: places.add((matrix[4], matrix[5])))
    return places - {(0, 0)}


def test_a_short_text_takes_one_page() -> None:
    """With the signature and the evidence."""
    (page,) = pages_of(render(document("We agree."), URL))

    assert "Practitioner agreement" in page and "We agree." in page and "Signed electronically" in page
    assert "Page 1 of 1" in page


def test_a_long_text_flows_and_every_word_arrives_in_order() -> None:
    """Over six pages and more; each is numbered; nothing is printed into the margins."""
    body = "\n\n".join(f"{n}. Clause\n" + f"Here begins {n}. " + CLAUSE * (n % 7 + 2) for n in range(1, 31))
    pdf = render(document(body), URL)

    pages = pages_of(pdf)
    assert len(pages) >= 6
    name = f"Practitioner agreement · {UUID(int=1)} Page"
    text = " ".join(page.split(name)[0].strip() for page in pages)
    assert " ".join(body.split()) in text
    assert [f"{name} {n} of {len(pages)}" in page for n, page in enumerate(pages, 1)] == [True] * len(pages)
    assert all(82 <= x <= 530 and 34 <= y < 720 for x, y in printed_spans(pdf))


@pytest.mark.parametrize("lines", range(30, 50, 5))
def test_no_line_of_a_paragraph_stands_alone(lines: int) -> None:
    """Wherever a page ends: two lines or more of a paragraph begin it, and a heading keeps two lines below it."""
    body = (
        "\n".join(f"Line {n}." for n in range(lines)) + "\n\n9. Heading\n" + CLAUSE * 4 + "\n\n" + CLAUSE * 3
    )

    first, second = pages_of(render(document(body), URL))[:2]

    assert "9. Heading" not in first or first.count("A sentence about") >= 1
    top = second.split("9. Heading")[0] if "9. Heading" in second else second
    assert not top.startswith("agreement.")


WRITTEN = {
    "Zażółć gęślą jaźń, Đà Nẵng, Ωμέγα, Щука, ქართული": None,
    "office fluffy": None,
    "北京市 さくら 서울": None,
    "كتاب": None,
    "tab\tand\u00a0space": "tab and space",
    "😀 ᠮᠣᠩ \u0007": "[U+1F600] [U+182E][U+1823][U+1829] [U+0007]",
    "no\u2060width\ufe0f": "nowidth",
    "x" * 700: None,
}


def test_every_letter_is_drawn_or_spelt_out() -> None:
    """In its script, with a font that is embedded; what no font has is written as its number; long words are broken."""
    body = "\n\n".join(f"Name: {written}" for written in WRITTEN)
    pdf = render(document(body, user_agent="U" * 500, signature_name="Łódź كتاب " * 18), URL)

    text = "".join("".join(pages_of(pdf)).split())
    for written, found in WRITTEN.items():
        assert "".join((found or written).split()) in text, written
    assert all(82 <= x <= 530 for x, _ in printed_spans(pdf)), "nothing is printed into the margins"


def test_a_line_is_as_wide_as_its_words() -> None:
    """Lines are measured word by word: in no font does a space move or change the letters beside it."""
    for font in Sheet().fonts.values():
        assert isinstance(font, Font)
        for direction, text in (
            (TextDirection.LTR, "To AVA, Ty fi f j -> 1/2 == “We” – Щука ТАЛ, Ωμέγα. ქართული, Đà Nẵng Y"),
            (TextDirection.RTL, "كتاب علي لا شيء"),
        ):
            shaping = {"features": {}, "fragment_direction": direction}

            by_words = font.shaped_text_width(text, 10.2, shaping)

            assert by_words == pytest.approx(TTFFont.shaped_text_width(font, text, 10.2, shaping))
        font.close()


def test_the_drawing_or_the_name_or_neither_stands_on_the_line() -> None:
    """Whatever was sent as a drawing, there is a copy."""

    def images(**more: Any) -> int:
        pdf = render(document("We agree.", signature_image_sha256="b" * 64, **more), URL)
        assert "b" * 64 in pages_of(pdf)[0]
        return sum(len(page.images) for page in PdfReader(io.BytesIO(pdf)).pages)

    png = drawing().split(",")[1]
    assert 1 == images(signature_image=png)
    assert 0 == images(signature_image=None, signature_name="Typed " * 30)
    assert 0 == images(signature_image=png[:60])


def test_a_drawing_that_cannot_be_printed_is_left_out_and_the_copy_says_why() -> None:
    """Its hash stands there, and the typed name, if there is one, on the line."""
    bomb = base64.b64encode(REFUSED["the first chunk is not IHDR"]).decode()

    for name in (None, "A. Typed Name"):
        given = document(
            "We agree.", signature_name=name, signature_image=bomb, signature_image_sha256="b" * 64
        )
        (page,) = pages_of(render(given, URL))

        assert "a drawing that cannot be printed: it is a PNG image with parts that are missing" in page
        assert "b" * 64 in page and "e" * 64 in page
        assert (2 if name else 0) == page.count("A. Typed Name")
        assert "Signed electronically" not in page


def test_a_document_that_is_no_longer_valid_says_so_at_the_top() -> None:
    """Revoked with the reason, expired, superseded."""
    for status, more, words in (
        (
            "revoked",
            {"ended_at": AT, "ended_reason": "They moved away."},
            "Revoked on 22 November 2026: They moved",
        ),
        ("expired", {"ended_at": AT}, "Expired on 22 November 2026."),
        ("superseded", {}, "A newer version of this waiver is in force."),
    ):
        page = pages_of(render(document("We agree.", status=status, **more), URL))[0]
        assert words in page.split("We agree.")[0]


def test_the_same_evidence_gives_the_same_bytes() -> None:
    """And other evidence others."""
    one, again, other = (
        render(document("We agree.", signature_image=drawing().split(",")[1], user_agent=agent), URL)
        for agent in ("Browser/1.0", "Browser/1.0", "Browser/2.0")
    )

    assert one == again != other


@pytest.mark.parametrize("module", sorted(DOCUMENTS.glob("*.py")), ids=lambda path: path.stem)
def test_no_words_are_printed_past_the_catalogue(module: Path) -> None:
    """What stands on paper is said in a language: a label that is written as it is stays English in French."""
    assert not list(words_past_it(ast.parse(module.read_text())))


def test_a_label_past_the_catalogue_is_found() -> None:
    for wrong in ('sheet.paragraph("Evidence")', 'x = f"Version {n}"', 'Column("made on", 3)'):
        assert list(words_past_it(ast.parse(wrong))), wrong
    for right in ('"""Of a thing."""', 'x = gettext("Version %(n)s") % {"n": n}', 'cell(new_x="LEFT")'):
        assert not list(words_past_it(ast.parse(right))), right


def words_past_it(tree: ast.AST) -> Iterator[str]:
    """Literals that people could read, with no call of the catalogue around them; docstrings are for us."""
    if isinstance(tree, ast.Call) and getattr(tree.func, "id", "") in (
        "gettext",
        "pgettext",
        "ngettext",
        "Field",
    ):
        return
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return
    said = tree.value if isinstance(tree, ast.Constant) and isinstance(tree.value, str) else ""
    if re.search(r"\b[A-Z][a-z]{2,}\b|[a-z]{2,} |[A-Za-z]{2,}: ", said) and not said.endswith(".ttf"):
        yield said
    for child in ast.iter_child_nodes(tree):
        yield from words_past_it(child)


@pytest.mark.parametrize("status", ["pending", "signed", "expired", "revoked", "superseded"])
def test_a_copy_in_french_says_nothing_in_english(status: str) -> None:
    """In each of its states; what people wrote stays as they wrote it."""
    signature: dict[str, Any] = (
        {}
        if status != "pending"
        else dict.fromkeys(("signed_at", "signer_id", "signer_email", "evidence_sha256"), None)
    )
    kind = "waiver" if status == "superseded" else "contract"
    more = {"status": status, "kind": kind, "title": "Contrat", "version": "1", **signature}
    with spoken("fr-CA"):
        pdf = render(document("Texte.", ended_at=datetime(2026, 3, 1, tzinfo=UTC), **more), "https://x.test/")

    text = " ".join(pages_of(pdf))
    english = r"\b(Signed|signed|Not|issued|until|Revoked|Expired|Evidence|Typed|Network|Account|Page 1 of)\b"
    assert not re.search(english, text), text
    assert PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Lang"] == "fr-CA"  # type: ignore[index]
    assert ("1er mars 2026" in text) == (status in ("expired", "revoked"))
