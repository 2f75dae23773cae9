"""A legal text in the languages in which its version can be read: the reader's, or else the original, which says so."""

from collections.abc import Sequence

from .languages import language
from .wire import Output


class LegalText(Output):
    """What is shown, and the fingerprint by which a form says which one it was."""

    language: str
    body: str
    sha256: str

    @property
    def is_in_another_language(self) -> bool:
        """Than the page that it stands on."""
        return self.language.partition("-")[0] != language().partition("-")[0]


def in_readers_language(texts: Sequence[LegalText]) -> LegalText:
    """The one in the language that is spoken, or its kin; else the first, which is the original."""
    kin = [text for text in texts if not text.is_in_another_language]
    same = [text for text in kin if text.language == language()]
    return next(iter(same + kin), texts[0])
