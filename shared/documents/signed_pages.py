"""A copy as a PDF: the text as it was signed, the signature, and the evidence that anybody can check."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from shared import words
from shared.languages.catalogue import gettext, pgettext
from shared.names import isolated
from shared.pictures import Unreadable, on_white

from .sheet import GREY, INK, LEADING, MONO, POINT, SIDE, TEXT, Sheet
from .signed import SignedDocument

# A line of its own that begins with a number, or is written in capitals, stands above what follows.
NUMBERED = re.compile(r"\d+(\.\d+)*[.)]?\s+\S.{0,79}")
ITEM = re.compile(r"\s*[-*\u2022]\s+")
LABEL = 37.0  # millimetres


def render(document: SignedDocument, verify_url: str) -> bytes:
    """The PDF."""
    title, body = _titled(document)
    sheet = Sheet()
    sheet.set_title(title)
    sheet.set_subject(f"{document.kind} {document.document_id}")
    sheet.set_keywords(document.evidence_sha256 or document.text_sha256)
    # Nothing of the moment at which the copy is made: the same evidence gives the same bytes.
    sheet.set_creation_date(document.signed_at or document.issued_at or datetime(2026, 1, 1, tzinfo=UTC))
    _head(sheet, document, title)
    _text(sheet, body)
    _signature(sheet, document)
    _evidence(sheet, document, verify_url)
    sheet.number_pages(_name(document), str(document.document_id))
    return bytes(sheet.output())


def _titled(document: SignedDocument) -> tuple[str, str]:
    """The text's own first line, if it is in capitals, and the rest; else the document's title and all of the text."""
    body = document.body.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    first, _, rest = body.partition("\n")
    if _is_capitals(first.strip()) and rest.strip():
        return first.strip(), rest
    return _name(document), body


def _name(document: SignedDocument) -> str:
    """A contract's own, or what a waiver is called."""
    return gettext("Liability waiver") if document.kind == "waiver" else document.title


def _is_heading(line: str) -> bool:
    line = line.strip()
    return _is_capitals(line) or (bool(NUMBERED.fullmatch(line)) and not line.endswith((".", ";", ",", ":")))


def _is_capitals(line: str) -> bool:
    return line.isupper() and 3 < len(line) <= 80


def _head(sheet: Sheet, document: SignedDocument, title: str) -> None:
    """The title, version and dates, and, if it no longer holds, why."""
    sheet.pen(20, style="B")
    sheet.set_x(SIDE)
    sheet.multi_cell(
        sheet.epw, 20 * 1.25 * POINT, sheet.writable(title), align="L", new_x="LMARGIN", new_y="NEXT"
    )
    sheet.ln(2.5)
    facts = [gettext("Version %(version)s") % {"version": document.version}]
    if document.issued_at:
        facts.append(gettext("issued %(day)s") % {"day": _day(document.issued_at)})
    if document.signed_at:
        facts.append(gettext("signed %(day)s") % {"day": _day(document.signed_at)})
    else:
        facts.append(pgettext("state", "not signed"))
    if document.expires_at:
        facts.append(gettext("until %(day)s") % {"day": _day(document.expires_at)})
    sheet.pen(9.5, GREY)
    sheet.paragraph(" \u00b7 ".join(facts))
    if ended := _ended(document):
        sheet.ln(2)
        sheet.pen(9.5, style="B")
        sheet.paragraph(ended)
    sheet.ln(3.5)
    sheet.rule()
    sheet.ln(6)


def _ended(document: SignedDocument) -> str | None:
    said = {"day": _day(document.ended_at), "reason": isolated(document.ended_reason or "")}
    match document.status, bool(document.ended_at), bool(document.ended_reason):
        case "revoked", True, True:
            return gettext("Revoked on %(day)s: %(reason)s") % said
        case "revoked", True, False:
            return gettext("Revoked on %(day)s.") % said
        case "revoked", False, True:
            return gettext("Revoked: %(reason)s") % said
        case "revoked", False, False:
            return gettext("Revoked.")
        case "expired", True, _:
            return gettext("Expired on %(day)s.") % said
        case "expired", False, _:
            return gettext("Expired.")
        case "superseded", _, _:
            return gettext("A newer version of this waiver is in force.")
    return None


def _text(sheet: Sheet, body: str) -> None:
    """The text, line by line as it was signed; blank lines are space, headings stay with what follows."""
    size = 10.2
    for block in re.split(r"\n[ \t]*\n", body):
        for line in filter(str.strip, block.split("\n")):
            if _is_heading(line):
                sheet.ln(1.4)
                sheet.pen(size + 0.8, style="B")
                sheet.ensure_space(sheet.height() + 2.2 * size * LEADING * POINT)
                sheet.paragraph(line)
                sheet.ln(0.4)
                continue
            sheet.pen(size)
            item = ITEM.match(line)
            if item:
                sheet.ensure_space(sheet.height())
                sheet.set_x(SIDE + 1.5)
                sheet.cell(4, sheet.height(), "\u2022")
                sheet.paragraph(line[item.end() :], indent=6)
            else:
                sheet.paragraph(line)
        sheet.ln(2.2)


def _signature(sheet: Sheet, document: SignedDocument) -> None:
    """The line that was signed on: the drawing, or the typed name, or how it was signed instead."""
    sheet.ensure_space(65)
    sheet.ln(4)
    sheet.rule()
    sheet.ln(5)
    sheet.pen(12.5, style="B")
    sheet.paragraph(gettext("Signature"))
    top, width = sheet.y + 1, 78.0
    drawn, problem = None, None
    if document.signature_image:
        try:
            drawn = on_white(base64.b64decode(document.signature_image))
        except Unreadable as found:  # evidence stays as it was stored, and there is a copy whatever it is
            problem = gettext(
                "Signed with a drawing that cannot be printed: it %(problem)s. Its SHA-256 stands below."
            ) % {"problem": found}
    if drawn:
        scale = min(width / drawn.width, 22 / drawn.height)
        sheet.image(drawn, SIDE, top + 22.5 - drawn.height * scale, drawn.width * scale, drawn.height * scale)
    else:
        if problem:
            sheet.set_xy(SIDE, top)
            sheet.pen(8, GREY)
            sheet.multi_cell(width, sheet.height(), problem, align="L")
        typed = sheet.writable(document.signature_name or "")
        note = gettext("Signed electronically") if document.signed_at else gettext("Not signed yet")
        sheet.pen(15 if typed else 9.5, INK if typed else GREY)
        while typed and sheet.get_string_width(typed) > width - 4 and sheet.font_size_pt > 7:
            sheet.pen(sheet.font_size_pt - 0.5)
        sheet.set_xy(SIDE, top + 13)
        sheet.cell(width, 8, sheet.shortened(typed or ("" if problem else note), width - 4))
    sheet.set_xy(SIDE, top + 23)
    sheet.rule(INK, width)

    sheet.set_xy(SIDE, top + 24.5)
    sheet.pen(9.5, style="B")
    name = sheet.shortened(document.signer_name or "", width)
    sheet.cell(width, 5, name, new_x="LEFT", new_y="NEXT")
    sheet.pen(8.5, GREY)
    sheet.cell(width, 4.5, gettext("Practitioner") if document.kind == "contract" else gettext("Client"))

    right = SIDE + width + 12
    if document.signed_at:
        at = document.signed_at.astimezone(UTC)
        sheet.set_xy(right, top + 13.5)
        sheet.pen(8.5, GREY)
        sheet.cell(0, 4.5, gettext("Signed on"), new_x="LEFT", new_y="NEXT")
        sheet.pen(9.5, style="B")
        sheet.cell(0, 5, _day(at), new_x="LEFT", new_y="NEXT")
        sheet.pen(8.5, GREY)
        sheet.set_xy(right, top + 24.5)
        sheet.cell(0, 5, f"{at:%H:%M:%S} UTC")
    sheet.set_xy(SIDE, top + 40)


def _evidence(sheet: Sheet, document: SignedDocument, verify_url: str) -> None:
    """What proves it: a row for each fact, and where anybody can confirm them."""
    rows = list(_facts(document))
    sheet.ensure_space(sum(_row(sheet, *row, dry_run=True) for row in rows) + 20)
    sheet.pen(12.5, style="B")
    sheet.paragraph(gettext("Evidence") if document.evidence_sha256 else gettext("Document"))
    sheet.ln(1.5)
    for row in rows:
        _row(sheet, *row)
    if sheet.spelt:
        sheet.ln(2.5)
        sheet.pen(8, GREY)
        sheet.paragraph(
            gettext("A sign such as %(sign)s is given by its number in Unicode: no font of this copy has it.")
            % {"sign": sheet.spelt}
        )
    if document.evidence_sha256:
        sheet.ln(2.5)
        sheet.pen(8, GREY)
        sheet.paragraph(
            gettext("The fingerprint covers every fact above. Whoever holds this copy can confirm it at")
        )
        sheet.pen(8, family=MONO)
        sheet.multi_cell(sheet.epw, sheet.height(), verify_url, align="L", link=verify_url)


def _facts(document: SignedDocument) -> Iterator[tuple[str, str, bool]]:
    """Label, value, and whether the value is for machines."""
    yield gettext("Document"), str(document.document_id), True
    yield gettext("SHA-256 of the text"), document.text_sha256, True
    if not document.signed_at:
        return
    claimed = "%s" if document.is_observed else gettext("%s (as the browser said; no server saw it)")
    yield gettext("Signed at"), f"{document.signed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC", False
    yield (
        gettext("Signed by"),
        " \u00b7 ".join(filter(None, (isolated(document.signer_name or ""), document.signer_email)))
        or "\u2013",
        False,
    )
    yield gettext("Account"), str(document.signer_id or "\u2013"), True
    if document.signature_name:
        yield gettext("Typed name"), document.signature_name, False
    address, agent = document.ip_address, document.user_agent
    yield gettext("Network address"), claimed % address if address else "\u2013", False
    yield gettext("Browser"), claimed % agent if agent else "\u2013", False
    if document.signature_image_sha256:
        yield gettext("SHA-256 of the drawing"), document.signature_image_sha256, True
    if document.evidence_sha256:
        yield gettext("Fingerprint"), document.evidence_sha256, True


def _row(sheet: Sheet, label: str, value: str, for_machines: bool, *, dry_run: bool = False) -> float:
    """One fact, with a hair line under it. Gives its height."""
    family = MONO if for_machines else TEXT
    height, width = 8 * 1.4 * POINT, sheet.epw - LABEL
    text = sheet.writable(" ".join(value.split()))
    sheet.pen(8, family=family)
    tall = height * sheet.lines(text, width)
    if dry_run:
        return tall + 2.2
    sheet.pen(8, GREY)
    sheet.cell(LABEL, height, label)
    sheet.pen(8, family=family)
    sheet.multi_cell(width, height, text, align="L", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(1.1)
    sheet.rule()
    sheet.ln(1.1)
    return tall + 2.2


def _day(at: datetime | None) -> str:
    return words.day_on_paper(at.astimezone(UTC)) if at else ""
