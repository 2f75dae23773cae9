"""Each function whose use is limited, used as people use it: by which rule, and whose uses are counted.

`use_book_series` in any of the modules is that of `book-series`.
"""

from collections.abc import Callable, Iterator

from tests.cast import Stage

from . import documents, money, people, recordings, sessions
from .use import Use

__all__ = ["LIMITED", "Use"]

LIMITED: dict[str, Callable[[Stage], Iterator[Use]]] = {
    name[4:].replace("_", "-"): made
    for noun in (documents, money, people, recordings, sessions)
    for name, made in vars(noun).items()
    if name.startswith("use_")
}
