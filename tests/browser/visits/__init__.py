"""Every page of ours as somebody finds it: in each of its states, by the links of mails or by ones that are made."""

from . import classes, money, people, recordings, sessions
from .links import by_link
from .visit import LONG_NAME, Scenes, Visit

__all__ = ["LONG_NAME", "SCENES", "Visit", "by_link"]

SCENES: Scenes = {
    page: scene
    for noun in (classes, money, people, recordings, sessions)
    for page, scene in noun.SCENES.items()
}
