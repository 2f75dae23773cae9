"""Something that is limited, and by whom it is counted."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.cast import Person, Stage


@dataclass
class Use:
    """Something that is limited: by which rule, whose uses are counted, and how often it is done is up to `act`."""

    rule: str
    subject: object
    act: Callable[[int], httpx.Response]
    answers: int = 200


def of_address(rule: str, act: Callable[[int], httpx.Response], answers: int = 200) -> Use:
    """Counted by where it comes from."""
    return Use(rule, hashlib.sha256(b"127.0.0.1").hexdigest(), act, answers)


def of_caller(stage: Stage, name: str, rule: str, who: Person, *bodies: Any) -> Use:
    """Counted by who calls; bodies in turn."""
    return Use(rule, who.id, lambda n: stage.invoke(name, bodies[n % len(bodies)], as_=who))
