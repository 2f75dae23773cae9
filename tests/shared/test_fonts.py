"""The writings of a copy: each is drawn as it is written, what is not is spelt out, and no line is in a wrong type."""

import io
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
import uharfbuzz as hb
from fpdf.fonts import TTFFont
from fpdf.line_break import TextLine
from pypdf import PdfReader

from shared.documents.fonts import BLOCKS, CJK, FOLDER, file_for
from shared.documents.sheet import TEXT, Line, Sheet
from shared.documents.signed_pages import render
from tests.contract_scene import pages_of
from tests.shared.test_documents import URL, document

# Names, and words with what their writing joins, stacks or turns around.
WRITINGS = {
    "FiraGO-Regular.ttf": "Nguye\u0302\u0303n Ọlọ́runfẹ́mi Ωμέγα Щука ქართული श्री हिन्दी कृष्ण น้ำใจ דָּוִד علی\u200cرضا محمد",
    "NotoSansArmenian.ttf": "Հայերեն Աննա",
    "NotoSansBengali.ttf": "শ্রীমতী রবীন্দ্রনাথ ক্ষত্রিয় কি",
    "NotoSansCanadianAboriginal.ttf": "ᐃᓄᒃᑎᑐᑦ ᓄᓇᕗᑦ",
    "NotoSansCherokee.ttf": "ᏣᎳᎩ ꭰꭱ",
    "NotoSansCJK-Subset.otf": "王小明 さくら 김민수",
    "NotoSansEthiopic.ttf": "አማርኛ ኃይለ ሥላሴ",
    "NotoSansGujarati.ttf": "ગુજરાતી ક્ષિતિજ શ્રી",
    "NotoSansGurmukhi.ttf": "ਪੰਜਾਬੀ ਸ਼੍ਰੀ ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
    "NotoSansKannada.ttf": "ಕನ್ನಡ ಶ್ರೀ ಕೃಷ್ಣ",
    "NotoSansKhmer.ttf": "ខ្មែរ ស្រី",
    "NotoSansLao.ttf": "ພາສາລາວ ສົມສັກ",
    "NotoSansMalayalam.ttf": "മലയാളം നന്ദകുമാർ നന്\u200dമ ക്ഷേമം",
    "NotoSansMyanmar.ttf": "မြန်မာ အောင်ဆန်း",
    "NotoSansNKo.ttf": "ߒߞߏ",
    "NotoSansOriya.ttf": "ଓଡ଼ିଆ ଶ୍ରୀ କୃଷ୍ଣ",
    "NotoSansSinhala.ttf": "ශ්\u200dරී ක්\u200dරිෂ්ණ පෙරේරා දිල්ශාන්",
    "NotoSansSyriac.ttf": "ܣܘܪܝܬ",
    "NotoSansTamil.ttf": "தமிழ்ச்செல்வி ஸ்ரீ கொடுக்கிறேன்",
    "NotoSansTelugu.ttf": "తెలుగు శ్రీనివాస్",
    "NotoSansThaana.ttf": "ދިވެހި އިބްރާހީމް",
    "NotoSansTifinagh.ttf": "ⵜⴰⵎⴰⵣⵉⵖⵜ",
    "NotoSerifTibetan.ttf": "བོད་ཡིག བསྟན་འཛིན་རྒྱ་མཚོ།",
}


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, list[int]]]:
    """Every piece of text that is shaped: the font's file, the text, its glyphs."""
    seen: list[tuple[str, str, list[int]]] = []
    shape = TTFFont.perform_harfbuzz_shaping

    def shape_and_tell(font: TTFFont, text: str, *more: Any) -> Any:
        infos, positions = shape(font, text, *more)
        seen.append((font.ttffile.name, "".join(text), [info.codepoint for info in infos]))
        return infos, positions

    monkeypatch.setattr(TTFFont, "perform_harfbuzz_shaping", shape_and_tell)
    return seen


@pytest.fixture
def sheet() -> Iterator[Sheet]:
    """A sheet to write on, whose fonts are closed at the end."""
    sheet = Sheet()
    sheet.pen(10)
    yield sheet
    for font in sheet.fonts.values():
        font.close()  # type: ignore[union-attr]


def glyphs_of(file: str, word: str) -> list[int]:
    """The word's glyphs as HarfBuzz has them when it is given the whole word and nothing else."""
    buffer = hb.Buffer()
    buffer.cluster_level = 1
    buffer.add_str(word)
    buffer.guess_segment_properties()
    hb.shape(hb.Font(hb.Face(hb.Blob.from_file_path(FOLDER / file))), buffer, {})
    return [info.codepoint for info in buffer.glyph_infos]


def test_every_font_has_a_sample_and_its_origin_is_told() -> None:
    """A new font needs words here; and all of them their licence."""
    files = {file.name for file in FOLDER.iterdir() if file.suffix in (".ttf", ".otf")}

    assert {*WRITINGS, "FiraGO-Bold.ttf", "FiraMono-Regular.ttf"} == files
    assert {file for _, _, file in BLOCKS} <= files
    licence = (FOLDER / "OFL.txt").read_text()
    assert all(f in licence or "NotoSans<Writing>.ttf and NotoSerifTibetan.ttf" in licence for f in files)


@pytest.mark.parametrize("file", WRITINGS)
def test_a_writing_is_shaped_as_a_whole(file: str, drawn: list[tuple[str, str, list[int]]]) -> None:
    """Wherever it stands: title, body, name, signature, facts, foot; after Latin, before numbers, with brackets."""
    words = WRITINGS[file].split()
    sample = " ".join(words)
    pdf = render(
        document(
            f"We, {sample} (1), agree.\n\n{sample}\n\n- {sample}",
            title=f"{sample} 1",
            signer_name=sample,
            signature_name=sample,
        ),
        URL,
    )

    assert not [text for _, text, glyphs in drawn if 0 in glyphs], "a letter that its font lacks"
    lines = {text: glyphs for name, text, glyphs in drawn if name == file}
    for word in words:
        whole = glyphs_of(file, word)
        pieces = [glyphs for text, glyphs in lines.items() if word in text]
        assert pieces and all(contains(piece, whole) for piece in pieces), word
    assert "[U+" not in "".join(pages_of(pdf))


def contains(glyphs: list[int], part: list[int]) -> bool:
    """Whether glyphs stand somewhere in others, in a row."""
    return any(glyphs[n : n + len(part)] == part for n in range(len(glyphs) - len(part) + 1))


def letters() -> Iterator[str]:
    """Whatever can be seen in all of Unicode, without the tens of thousands of rare ideographs."""
    for code in range(0x21, sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] in "LMNPS" and not 0x3400 <= code <= 0xD7FF and code < 0x20000:
            yield chr(code)


def test_what_no_font_has_is_spelt_out_and_never_lost(sheet: Sheet) -> None:
    """Every letter, mark, number and sign: drawn by the font it is looked for in, or written as its number."""
    spelt = 0
    for letter in letters():
        written = sheet.writable(letter)
        if "VARIATION SELECTOR" in unicodedata.name(letter, ""):
            continue
        if written == letter:
            assert sheet._has(sheet._font_of(letter), letter), hex(ord(letter))
        else:
            assert written == f"[U+{ord(letter):04X}]"
            spelt += 1
    assert spelt, "or nothing was tried"


@pytest.mark.parametrize("place", ["body", "title", "signer_name", "signature_name"])
def test_a_copy_says_when_it_gives_a_sign_by_its_number(place: str) -> None:
    """Wherever the name in an unknown writing stands; and not otherwise."""
    given = {"body": "We agree.", place: "ᠮᠣᠩ 𞤀𞤣"}

    text = " ".join("".join(pages_of(render(document(**given), URL))).split())

    assert "[U+182E][U+1823][U+1829] [U+1E900][U+1E923]" in text
    assert "is given by its number in Unicode: no font of this copy has it." in text
    assert "by its number" not in "".join(pages_of(render(document("We agree, ශ්\u200dරී."), URL)))


def test_each_letter_is_looked_for_in_the_font_that_has_it(sheet: Sheet) -> None:
    """Or a font would lie there for nothing."""
    for file in {file for _, _, file in BLOCKS} | {CJK}:
        font = TTFFont(sheet, FOLDER / file, "tried", "")
        first = {code for first, last, name in BLOCKS if name == file for code in range(first, last + 1)}
        own = [code for code in font.cmap if (code in first if file != CJK else 0x4E00 <= code <= 0x9FFF)]
        assert len(own) > 20 and all(file_for(chr(code)) == file for code in own)
        font.close()


def spans(pdf: bytes) -> Iterator[tuple[int, str, str, float]]:
    """Each piece of text: its page, itself, and the font and size that a reader sets it in."""
    for number, page in enumerate(PdfReader(io.BytesIO(pdf)).pages, 1):
        found: list[tuple[str, str, float]] = []

        def visit(text: str, _: Any, __: Any, font: Any, size: float, found: Any = found) -> None:
            if text.strip() and font:
                found.append((text.strip(), str(font["/BaseFont"]).partition("+")[2], size))

        page.extract_text(visitor_text=visit)
        yield from ((number, *each) for each in found)


@pytest.mark.parametrize(
    "title", ["练习指导服务合同", "தமிழ் ඔප්පන්දය", "اتفاقية (2)", "Agreement", "合同 " * 60]
)
def test_every_line_is_in_its_own_type_whatever_came_before(title: str) -> None:
    """The foot of each page, and a paragraph after one in another writing."""
    body = "\n\n".join(["我们同意 ශ්\u200dරී。", "After it we agree. " * 30] * 9)
    pdf = render(document(body, title=title, signer_name="王小明"), URL)

    found = list(spans(pdf))
    feet = [each for each in found if each[1].startswith("Page ")]
    last = max(page for page, *_ in found)
    assert last > 1
    assert [(n, f"Page {n} of {last}", TEXT, 7.5) for n in range(1, last + 1)] == feet
    assert {(TEXT, 10.2)} == {(font, size) for _, text, font, size in found if "After it" in text}
    assert all(str(document("").document_id) in page for page in pages_of(pdf)), "the number is never cut"


def test_a_name_from_right_to_left_keeps_its_numbers_and_moves_nothing(sheet: Sheet) -> None:
    """Order on a line by level: a number within a name within a sentence."""

    def seen(text: str) -> list[str]:
        pieces = sheet._preload_bidirectional_text(text, False)
        line = TextLine(list(pieces), 0, 0, "L", 0, 0)  # type: ignore[arg-type]
        return [piece.string.strip("\u2068\u2069") for piece in Line(*line).get_ordered_fragments()]

    assert ["We, ", "34", " و ", "12", "علی\u200cرضا ", ", agree"] == seen("We, علی\u200cرضا 12 و 34, agree")
    assert [")", "1", "دانا (", " · a@b.test"] == [s for s in seen("\u2068دانا (1)\u2069 · a@b.test") if s]
    assert ["abc", "نص "] == seen("نص abc")
