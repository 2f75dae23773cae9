"""The fonts of a copy, and which of them a letter is looked for in. Where each comes from stands in OFL.txt."""

from bisect import bisect
from pathlib import Path

FOLDER = Path(__file__).parent
CJK = "NotoSansCJK-Subset.otf"

# What FiraGO has not: the first and last letter of a block, and the font of its writing.
BLOCKS = (
    (0x0530, 0x058F, "NotoSansArmenian.ttf"),
    (0x0700, 0x074F, "NotoSansSyriac.ttf"),
    (0x0780, 0x07BF, "NotoSansThaana.ttf"),
    (0x07C0, 0x07FF, "NotoSansNKo.ttf"),
    (0x0980, 0x09FF, "NotoSansBengali.ttf"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi.ttf"),
    (0x0A80, 0x0AFF, "NotoSansGujarati.ttf"),
    (0x0B00, 0x0B7F, "NotoSansOriya.ttf"),
    (0x0B80, 0x0BFF, "NotoSansTamil.ttf"),
    (0x0C00, 0x0C7F, "NotoSansTelugu.ttf"),
    (0x0C80, 0x0CFF, "NotoSansKannada.ttf"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam.ttf"),
    (0x0D80, 0x0DFF, "NotoSansSinhala.ttf"),
    (0x0E80, 0x0EFF, "NotoSansLao.ttf"),
    (0x0F00, 0x0FFF, "NotoSerifTibetan.ttf"),
    (0x1000, 0x109F, "NotoSansMyanmar.ttf"),
    (0x1200, 0x139F, "NotoSansEthiopic.ttf"),
    (0x13A0, 0x13FF, "NotoSansCherokee.ttf"),
    (0x1400, 0x167F, "NotoSansCanadianAboriginal.ttf"),
    (0x1780, 0x17FF, "NotoSansKhmer.ttf"),
    (0x18B0, 0x18FF, "NotoSansCanadianAboriginal.ttf"),
    (0x19E0, 0x19FF, "NotoSansKhmer.ttf"),
    (0x2D30, 0x2D7F, "NotoSansTifinagh.ttf"),
    (0x2D80, 0x2DDF, "NotoSansEthiopic.ttf"),
    (0xA9E0, 0xA9FF, "NotoSansMyanmar.ttf"),
    (0xAA60, 0xAA7F, "NotoSansMyanmar.ttf"),
    (0xAB00, 0xAB2F, "NotoSansEthiopic.ttf"),
    (0xAB70, 0xABBF, "NotoSansCherokee.ttf"),
    (0xFB13, 0xFB17, "NotoSansArmenian.ttf"),
)
_FIRST = [first for first, _, _ in BLOCKS]


def file_for(letter: str) -> str:
    """The only font that may have a letter which the chosen type lacks."""
    code = ord(letter)
    first, last, file = BLOCKS[max(bisect(_FIRST, code) - 1, 0)]
    return file if first <= code <= last else CJK
