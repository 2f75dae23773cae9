"""The sheet that a copy is set on: letter paper, embedded fonts, page breaks that leave no line alone, page numbers."""

import logging
import re
import unicodedata
from pathlib import Path
from typing import Any

import uharfbuzz  # noqa: F401 - fpdf2 joins Arabic letters and places Indic vowels with it
from fpdf import FPDF
from fpdf.fonts import TTFFont

FONTS = Path(__file__).parent
TEXT, MONO, CJK = "FiraGO", "FiraMono", "NotoSansCJK"
INK, GREY, RULE = (28, 28, 32), (112, 112, 120), (214, 214, 220)
SIDE, TOP, BOTTOM = 29.0, 25.0, 27.0  # millimetres
LEADING = 1.48
POINT = 25.4 / 72

# It warns of details that matter to font designers only.
logging.getLogger("fontTools").setLevel(logging.ERROR)


class Font(TTFFont):
    """A font that does once what fpdf2 asks of it for every letter."""

    def __init__(self, sheet: FPDF, family: str, style: str, file: str) -> None:
        super().__init__(sheet, FONTS / file, f"{family.lower()}{style}", style)
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
        self.set_text_shaping(True)
        self.set_margins(SIDE, TOP, SIDE)
        self.set_auto_page_break(True, BOTTOM)
        self.set_lang("en")
        self.c_margin = 0
        self.add_page()

    def get_fallback_font(self, char: str, style: str = "") -> str | None:
        """For what the chosen type lacks. It is by far the largest font: only who needs it reads and embeds it."""
        if CJK.lower() not in self.fonts:
            self.add_font(CJK, "", FONTS / "NotoSansCJK-Subset.otf")
            self.set_fallback_fonts([CJK], exact_match=False)
        return super().get_fallback_font(char, style)

    def number_pages(self, name: str) -> None:
        """At the foot of every page: what it belongs to, and which one of how many it is. Last of all."""
        self.set_auto_page_break(False)
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
                self.cell(self.epw * 0.8, 4, name)
                self.cell(self.epw * 0.2, 4, f"Page {page} of {self.pages_count}", align="R")

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
        self.multi_cell(width, leading, text, align="L", new_x="LMARGIN", new_y="NEXT")
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
        fonts = (font for font in self.fonts.values() if isinstance(font, TTFFont))
        if any(ord(letter) in font.cmap for font in fonts) or self.get_fallback_font(letter):
            return letter
        match unicodedata.category(letter):
            case "Zs":
                return " "
            case (
                "Cf" | "Mn"
            ):  # direction marks, joiners, variation selectors: they have no shape of their own
                return letter if letter in "\u200c\u200d\u200e\u200f" else ""
        return "    " if letter == "\t" else f"[U+{ord(letter):04X}]"
