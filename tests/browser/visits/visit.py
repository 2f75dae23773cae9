"""A page as somebody finds it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.cast import Stage

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-Maximiliana <b>von</b> und zu Überlingen"


class Visit(NamedTuple):
    """A page as somebody finds it, and whether its first button is pressed."""

    page: str
    name: str
    url: str
    presses: bool = False
    runs_script: bool = False


Scenes = dict[str, Callable[[Stage], Iterator[Visit]]]
