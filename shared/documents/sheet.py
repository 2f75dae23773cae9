"""The sheet that a copy is set on: letter paper, embedded fonts, page breaks that leave no line alone, page numbers."""

import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

import uharfbuzz  # noqa: F401 - fpdf2 joins Arabic letters and places Indic vowels with it
from fpdf import FPDF
from fpdf.bidi import BidiParagraph, auto_detect_base_direction
from fpdf.enums import TextDirection
from fpdf.fonts import TTFFont
from fpdf.line_break import Fragment, TextLine
from fpdf.unicode_script import UnicodeScript, get_unicode_script

from shared.languages import language
from shared.languages.catalogue import gettext
from shared.names import isolated, shortened

from .fonts import FOLDER, file_for

TEXT, MONO = "FiraGO", "FiraMono"
INK, GREY, RULE = (28, 28, 32), (112, 112, 120), (214, 214, 220)
SIDE, TOP, BOTTOM = 29.0, 25.0, 27.0  # millimetres
LEADING = 1.48
POINT = 25.4 / 72
# Joiners, and signs of direction: HarfBuzz heeds them and draws nothing, whether a font has them or not.
UNSEEN = "\u200c\u200d\u200e\u200f\u2066\u2067\u2068\u2069"
ANY_SCRIPT = (UnicodeScript.COMMON, UnicodeScript.UNKNOWN, UnicodeScript.INHERITED)

# It warns of details that matter to font designers only.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Font(TTFFont):
    """A font that does once what fpdf2 asks of it for every letter."""

    def __init__(self, sheet: FPDF, family: str, style: str, file: str) -> None:
        super().__init__(sheet, FOLDER / file, f"{family.lower()}{style}", style)
        # HarfBuzz reads them from the file, and none is embedded; fontTools would unfold all of them to drop them.
        for table in {"GDEF", "GPOS", "GSUB"} & set(self.ttfont.keys()):
            del self.ttfont[table]
        self._widths: dict[tuple[str, Any], tuple[int, float]] = {}

    def shaped_text_width(
        self, text: str, font_size_pt: float, text_shaping_params: dict[str, Any] | None
    ) -> tuple[int, float]:
        """Glyphs and width of a text: its words', for beside a space these fonts move no letter and change none.

        A line is broken by measuring how wide it has become after each letter, and most of it was measured before.
        """
        glyphs, width = 0, 0.0
        direction = (text_shaping_params or {}).get("fragment_direction")
        for word in re.split("( )", text):
            if (word, direction) not in self._widths:
                # At a thousand points: in the thousandths of its size that a font counts in.
                measured = super().shaped_text_width(word, 1000, text_shaping_params)
                self._widths[word, direction] = measured
            more, wide = self._widths[word, direction]
            glyphs, width = glyphs + more, width + wide
        return glyphs, width * font_size_pt * 0.001


class Line(TextLine):
    """A line whose pieces stand in the order in which they are seen."""

    __slots__ = ()

    def get_ordered_fragments(self) -> list[Fragment]:
        """Turned by level, from the deepest: rule L2 of Unicode's bidirectional algorithm."""
        pieces = list(self.fragments)
        levels = [(piece.text_shaping_parameters or {}).get("level", 0) for piece in pieces]
        for level in range(max(levels, default=0), 0, -1):
            begin = 0
            for is_turned, run in groupby([deep >= level for deep in levels]):
                part = slice(begin, begin + len(list(run)))
                if is_turned:
                    pieces[part], levels[part] = pieces[part][::-1], levels[part][::-1]
                begin = part.stop
        return pieces


class Sheet(FPDF):
    """Pages of one document, in type that is embedded."""

    def __init__(self) -> None:
        super().__init__(format="letter")
        for family, style, file in (
            (TEXT, "", "FiraGO-Regular.ttf"),
            (TEXT, "B", "FiraGO-Bold.ttf"),
            (MONO, "", "FiraMono-Regular.ttf"),
        ):
            font = Font(self, family, style, file)
            self.fonts[font.fontkey] = font
        self._shortened: dict[tuple[Any, ...], str] = {}
        self.spelt = ""  # the last sign that no font has, as it is written instead
        self.set_text_shaping(True)
        self.str_alias_nb_pages = ""  # {nb} in a contract is what it says
        self.set_margins(SIDE, TOP, SIDE)
        self.set_auto_page_break(True, BOTTOM)
        self.set_lang(language())
        self.c_margin = 0
        self.add_page()

    def _preload_bidirectional_text(self, text: str, markdown: bool) -> Sequence[Fragment]:
        """The text in pieces of one direction, each with how deep it lies in others: a number in a name, and so on."""
        base = auto_detect_base_direction(text)
        paragraph = BidiParagraph(text, base, preserve_bn_chars=True)
        for before, sign in pairwise(paragraph.characters):
            if sign.original_bidi_class == "BN":  # a joiner goes with the letter before it
                sign.embedding_level = before.embedding_level
        pieces: list[Fragment] = []
        for level, signs in groupby(paragraph.characters, lambda sign: sign.embedding_level):
            self.text_shaping = {
                **(self.text_shaping or {}),
                "paragraph_direction": base,
                "fragment_direction": TextDirection.RTL if level % 2 else TextDirection.LTR,
                "level": level,
            }
            pieces += self._parse_chars("".join(sign.character for sign in signs), markdown)
        return pieces

    def get_fallback_font(self, char: str, style: str = "") -> str | None:
        """For what the chosen type lacks. Only who needs such a font reads and embeds it; none of them is bold."""
        if self._has(TEXT.lower(), char):
            return TEXT.lower()
        file = file_for(char)
        key = file.partition(".")[0].lower()
        if key not in self.fonts:
            self.fonts[key] = Font(self, key, "", file)
            self.set_fallback_fonts([*self._fallback_font_ids, key], exact_match=False)
        return key if self._has(key, char) else None

    def _has(self, font: str | None, letter: str) -> bool:
        """Whether a font, or else the chosen one, draws a letter."""
        found = self.fonts[font] if font else self.current_font
        return isinstance(found, TTFFont) and ord(letter) in found.cmap

    def _parse_chars(self, text: str, markdown: bool, **_: Any) -> Iterator[Fragment]:
        """The text in pieces of one font and one writing, as letters are shaped.

        fpdf2's own parts a letter from its accents and a syllable at its joiner, and reads {nb} as a number.
        """
        for font, script, piece in self._pieces(text):
            state = self._get_current_graphics_state()
            # It keeps the pieces of a line apart, which HarfBuzz would shape as one writing.
            state.text_shaping = {**(state.text_shaping or {}), "writing": script}
            if font:
                state.font_family, state.font_style, state.current_font = font, "", self.fonts[font]
            yield Fragment(list(piece), state, self.k)

    def _pieces(self, text: str) -> Iterator[tuple[str | None, UnicodeScript | None, str]]:
        """Each with its font, if that is not the chosen one, and its writing, if it has one."""
        begin: int = 0
        font: str | None = None
        script: UnicodeScript | None = None
        for n, letter in enumerate(text):
            if n > begin and self._goes_on(font, letter):
                continue
            own, written = self._font_of(letter), get_unicode_script(letter)
            is_other = script is not None and written not in (script, *ANY_SCRIPT)
            if n > begin and (own != font or is_other):
                yield font, script, text[begin:n]
                begin, script = n, None
            font = own
            script = script if written in ANY_SCRIPT else written
        if text:
            yield font, script, text[begin:]

    def _goes_on(self, font: str | None, letter: str) -> bool:
        """Whether a sign belongs to the letter before it: a joiner, or a mark that the letter's font has."""
        is_mark = unicodedata.category(letter) in ("Mn", "Mc", "Me")
        return letter in UNSEEN or (is_mark and self._has(font, letter))

    def _font_of(self, letter: str) -> str | None:
        return None if letter == "\n" or self._has(None, letter) else self.get_fallback_font(letter)

    def _render_styled_text_line(self, text_line: TextLine, *args: Any, **more: Any) -> Any:
        # fpdf2 takes a font that it chose within a line, for one letter, for the one that holds after it.
        assert self.current_font
        self._out(self._set_font_for_page(self.current_font, self.font_size_pt))
        return super()._render_styled_text_line(Line(*text_line), *args, **more)

    def number_pages(self, name: str, number: str) -> None:
        """At the foot of every page: what it belongs to, and which one of how many it is. Last of all."""
        self.set_auto_page_break(False)
        self.pen(7.5, GREY)
        room = self.epw * 0.78 - self.get_string_width(f" \u00b7 {number}")
        named = f"{isolated(self.shortened(name, room))} \u00b7 {number}"
        for page in range(1, self.pages_count + 1):
            self.page = page
            with self.local_context():
                self.set_draw_color(
                    *INK
                )  # fpdf2 remembers the last page's colour, and writes only what changes
                self.set_y(-17)
                self.rule()
                self.ln(2)
                self.pen(7.5, GREY)
                self.cell(self.epw * 0.8, 4, named)
                counted = {"page": page, "pages": self.pages_count}
                self.cell(self.epw * 0.2, 4, gettext("Page %(page)s of %(pages)s") % counted, align="R")

    def pen(
        self, size: float, colour: tuple[int, int, int] = INK, style: str = "", family: str = TEXT
    ) -> None:
        """Choose the type to go on with."""
        self.set_font(family, style, size)
        self.set_text_color(*colour)

    def height(self, lines: float = 1) -> float:
        """Of so many lines of the chosen type, in millimetres."""
        return float(lines * self.font_size_pt * LEADING * POINT)

    def rule(self, colour: tuple[int, int, int] = RULE, width: float = 0) -> None:
        """A hair line from here, over a width or all of the page's."""
        self.set_draw_color(*colour)
        self.set_line_width(0.2)
        self.line(self.x, self.y, self.x + (width or self.epw), self.y)

    @property
    def space_left(self) -> float:
        """What is left of the page."""
        return float(self.page_break_trigger - self.y)

    def shortened(self, text: str, width: float) -> str:
        """The text, or as much of it as fits."""
        key = (text, width, self.font_family, self.font_style, self.font_size_pt)
        if key not in self._shortened:  # a table says the same again and again, and measuring takes its time
            self._shortened[key] = self._shorten(text, width)
        return self._shortened[key]

    def _shorten(self, text: str, width: float) -> str:
        text = self.writable(text)
        at_most = len(text)
        while at_most > 1 and self.get_string_width(shortened(text, at_most)) > width:
            at_most -= 1
        return shortened(text, at_most)

    def ensure_space(self, height: float) -> None:
        """Go to the next page if so much does not fit on this one."""
        if height > self.space_left:
            self.add_page()

    def paragraph(self, text: str, indent: float = 0) -> None:
        """Text over as many lines and pages as it takes; no first and no last line of it stands alone on a page."""
        text, width, leading = self.writable(text), self.epw - indent, self.height()
        fitting = int(self.space_left / leading + 0.001)
        # Breaking lines takes time: it is tried first only where a page may end. Few letters are as wide as high.
        if len(text) * self.font_size > fitting * width * 0.9:
            lines = self.lines(text, width)
            if fitting < min(lines, 2):
                self.add_page()
            elif lines - fitting == 1:
                self.set_auto_page_break(True, BOTTOM - leading)  # the margin takes the last line
        self.set_x(SIDE + indent)
        align = "R" if auto_detect_base_direction(text) == TextDirection.RTL else "L"
        self.multi_cell(width, leading, text, align=align, new_x="LMARGIN", new_y="NEXT")
        self.set_auto_page_break(True, BOTTOM)

    def lines(self, text: str, width: float) -> int:
        """How many lines a text takes in the chosen type."""
        found = self.multi_cell(width, text=text, align="L", dry_run=True, output="LINES")
        assert isinstance(found, list)
        return len(found)

    def writable(self, text: str) -> str:
        """The text with what no font here can draw spelt out, so that a copy never silently lacks a letter."""
        return re.sub(r"[^\n]", lambda found: self._drawn(found[0]), text)

    def _drawn(self, letter: str) -> str:
        if letter in UNSEEN or self._font_of(letter) or self._has(None, letter):
            return letter
        match unicodedata.category(letter):
            case "Zs":
                return " "
            case "Cf":
                return ""  # what turns letters around, or hides between them
        if "VARIATION SELECTOR" in unicodedata.name(letter, ""):
            return ""
        if letter == "\t":
            return "    "
        self.spelt = f"[U+{ord(letter):04X}]"
        return self.spelt
