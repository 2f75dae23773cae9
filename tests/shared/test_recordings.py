"""Agora's answers as observations: what Python reads into them, before SQL decides what follows."""

from typing import Any

import pytest

from shared.agora.answers import (
    AlreadyRunning,
    AlreadyStopping,
    Expired,
    Gone,
    NoData,
    Rejected,
    Started,
    Status,
    Stopped,
    TaskConflict,
    TryLater,
)
from shared.recording_start import start_observation
from shared.recordings import query_observation, stop_observation


@pytest.mark.parametrize(
    ("answer", "observation"),
    [
        (Started("S"), "started"),
        (AlreadyRunning(None), "already_running"),
        (TaskConflict(), "already_running"),
        (Expired(), "unclear"),
        (TryLater(206, 65, "", may_have_happened=True, wants_fresh_start=True), "unclear"),
        (TryLater(500, 62, "", may_have_happened=True, wants_fresh_start=True), "unclear"),
        (TryLater(0, None, "ReadTimeout", may_have_happened=True, wants_fresh_start=True), "unclear"),
        (TryLater(0, None, "ConnectError", wants_fresh_start=True), "busy"),
        (TryLater(500, 502, "", wants_fresh_start=True), "no_worker"),
        (TryLater(429, None, ""), "busy"),
        (TryLater(400, 406, ""), "busy"),
        (Rejected(400, 2, "bad parameters"), "rejected"),
        (Rejected(401, None, "Unauthorized"), "rejected"),
    ],
)
def test_an_answer_to_start_is_read_as_an_observation(answer: Any, observation: str) -> None:
    """Only what provably did not happen may be asked for under another number at once."""
    assert start_observation(answer)[0] == observation


@pytest.mark.parametrize(
    ("answer", "observation"),
    [
        (Status(1, "starting", (), None), "starting"),
        (Status(5, "recording", (), None), "running"),
        (Status(6, "ending", (), None), "ended"),
        (Status(20, "crashed", (), None), "crashed"),
        (AlreadyStopping(), "ended"),
        (Gone(), "missing"),
        (TryLater(504, 62, ""), "unanswered"),
        (Rejected(401, None, ""), "unanswered"),
    ],
)
def test_an_answer_to_query_is_read_as_an_observation(answer: Any, observation: str) -> None:
    """A 404 is no end, and no answer is nothing at all."""
    assert query_observation(answer)[0] == observation


@pytest.mark.parametrize(
    ("answer", "observation"),
    [
        (Stopped("uploaded", ()), "uploaded"),
        (Stopped("backuped", ()), "backed_up"),
        (Stopped("unknown", ()), "ended"),
        (AlreadyStopping(), "ended"),
        (NoData(), "no_data"),
        (Gone(), "missing"),
        (TryLater(206, 65, ""), "unanswered"),
        (Rejected(400, 2, ""), "unanswered"),
    ],
)
def test_an_answer_to_stop_is_read_as_an_observation(answer: Any, observation: str) -> None:
    """Only Agora's own word "uploaded" means that the files are there."""
    assert stop_observation(answer)[0] == observation
