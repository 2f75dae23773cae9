"""What Agora's answers mean: a table from (call, HTTP status, code) to a result, and whether asking again can help.

The body's `code` decides before the HTTP status does. A 201 or 206 is not a success, although it looks like one.

    acquire   Acquired                                          | TryLater | Rejected
    start     Started | AlreadyRunning | TaskConflict | Expired | TryLater | Rejected
    query     Status  | AlreadyStopping | Gone                  | TryLater | Rejected
    stop      Stopped | AlreadyStopping | NoData | Gone         | TryLater | Rejected
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from .files import RecordedFile, announced_files, moment

Operation = Literal["acquire", "start", "query", "stop"]
UploadState = Literal["uploaded", "backuped", "unknown"]
Phase = Literal["starting", "recording", "ending", "crashed"]


@dataclass(frozen=True, slots=True)
class Acquired:
    """A resource, good for one start within 5 minutes; Agora advises 2 seconds."""

    resource_id: str


@dataclass(frozen=True, slots=True)
class Started:
    """The request was accepted. It does not say that recording runs: query, or wait for the notification."""

    sid: str


@dataclass(frozen=True, slots=True)
class AlreadyRunning:
    """201/7: this very resource records already, so an earlier start arrived although its answer did not.

    Agora does not promise the sid here; without it, the next notification for (channel, uid) tells.
    """

    sid: str | None


@dataclass(frozen=True, slots=True)
class TaskConflict:
    """400/53: a recorder with this channel and uid is running under another resource."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The resource is too old, unknown or used up: acquire again."""


@dataclass(frozen=True, slots=True)
class Status:
    """How a recording is doing. Files appear some 15 s (mix) to 60 s (individual) after the start."""

    status: int
    phase: Phase
    files: tuple[RecordedFile, ...]
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """The recording is over. Only `uploaded` means that every file is in the bucket."""

    upload: UploadState
    files: tuple[RecordedFile, ...]


@dataclass(frozen=True, slots=True)
class AlreadyStopping:
    """It is ending by itself or because of an earlier stop: as good as stopped, files on their way."""


@dataclass(frozen=True, slots=True)
class NoData:
    """206/435: it ended, and nobody had sent a picture or a sound. There will be no file."""


@dataclass(frozen=True, slots=True)
class Gone:
    """404: it ended, or it is changing machines, which takes up to 90 s. The two look alike: never a failure yet."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """Agora could not, or did not answer, however often we asked.

    `may_have_happened`: the request may have taken effect all the same.
    `wants_fresh_start`: this resource is spoilt; acquire again with another uid.
    """

    status: int  # 0: no answer at all
    code: int | None
    reason: str
    may_have_happened: bool = False
    wants_fresh_start: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Asking again changes nothing: the settings or the request are wrong."""

    status: int
    code: int | None
    reason: str


AcquireResult = Acquired | TryLater | Rejected
StartResult = Started | AlreadyRunning | TaskConflict | Expired | TryLater | Rejected
QueryResult = Status | AlreadyStopping | Gone | TryLater | Rejected
StopResult = Stopped | AlreadyStopping | NoData | Gone | TryLater | Rejected
Result = (
    Acquired | Started | AlreadyRunning | TaskConflict | Expired | Status
    | Stopped | AlreadyStopping | NoData | Gone | TryLater | Rejected
)  # fmt: skip


class Answer(NamedTuple):
    """An HTTP answer, taken apart as far as it goes."""

    operation: Operation
    status: int
    code: int | None
    reason: str
    body: dict[str, Any]


class Verdict(NamedTuple):
    """What an answer means, and how long to wait before each further attempt (empty: do not ask again)."""

    result: Result
    waits: tuple[float, ...]


def parse_answer(operation: Operation, status: int, content: bytes) -> Answer:
    """Read an answer in any of Agora's body forms; a body that is not JSON becomes an empty one."""
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = None
    body = _object(parsed)
    command = _object(_object(body.get("serverResponse")).get("payload"))  # some 404s say why only in there
    reason = body.get("reason") or body.get("message") or command.get("message")
    try:
        code = int(body["code"]) or None
    except (KeyError, TypeError, ValueError):
        code = None
    return Answer(operation, status, code, str(reason or "")[:300], body)


def judge(answer: Answer) -> Verdict:
    """The first row of the table that fits; what fits none is asked again if it is the server's fault."""
    for row in TABLE:
        if row.fits(answer):
            return Verdict(row.means(answer), row.waits)
    raise AssertionError("The last row fits everything.")


def _rejected(answer: Answer) -> Result:
    return Rejected(answer.status, answer.code, answer.reason)


def _later(answer: Answer) -> Result:
    return TryLater(answer.status, answer.code, answer.reason)


def _unclear(answer: Answer) -> Result:
    return TryLater(
        answer.status,
        answer.code,
        answer.reason,
        may_have_happened=True,
        wants_fresh_start=answer.operation == "start",
    )


def _fresh_start(answer: Answer) -> Result:
    return TryLater(answer.status, answer.code, answer.reason, wants_fresh_start=True)


def _already_running(answer: Answer) -> Result:
    return AlreadyRunning(answer.body.get("sid") or None)


def _success(answer: Answer) -> Result:
    """A 200. Without the one field that matters it comes from something in between, not from Agora."""
    body, server = answer.body, _object(answer.body.get("serverResponse"))
    match answer.operation:
        case "acquire" if body.get("resourceId"):
            return Acquired(str(body["resourceId"]))
        case "start" if body.get("sid"):
            return Started(str(body["sid"]))
        case "query" if isinstance(server.get("status"), int):
            return Status(
                status=server["status"],
                phase=_phase(server["status"]),
                files=announced_files(server.get("fileList")),
                started_at=moment(server.get("sliceStartTime")),
            )
        case "stop":
            # An answer to an asynchronous stop need not say how the upload stands.
            state = server.get("uploadingStatus")
            files = announced_files(server.get("fileList"))
            return Stopped(state if state in ("uploaded", "backuped") else "unknown", files)
    return _unclear(answer)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _phase(status: int) -> Phase:
    if status == 20:
        return "crashed"
    return "starting" if status < 4 else "recording" if status < 6 else "ending"


class Row(NamedTuple):
    """One line of Agora's code table. `None` fits anything; a status of 5 is every 5xx."""

    operations: tuple[Operation, ...]
    status: int | None
    code: int | None
    means: Callable[[Answer], Result]
    waits: tuple[float, ...] = ()
    words: str = ""  # must stand in the reason

    def fits(self, answer: Answer) -> bool:
        return (
            answer.operation in self.operations
            and self.status in (None, answer.status, answer.status // 100)
            and self.code in (None, answer.code)
            and self.words in answer.reason
        )


ANY: tuple[Operation, ...] = ("acquire", "start", "query", "stop")
BEGIN: tuple[Operation, ...] = ("acquire", "start")
START: tuple[Operation, ...] = ("start",)
RUNNING: tuple[Operation, ...] = ("query", "stop")
STOP: tuple[Operation, ...] = ("stop",)

# Order matters: particular before general, and codes before statuses.
# fmt: off
TABLE: tuple[Row, ...] = (
    #   calls    HTTP  code  meaning            waits before asking again
    Row(ANY,     None, 2,    _rejected),                                      # bad parameters, also with HTTP 500
    Row(ANY,     None, 432,  _rejected),                                      # the resource is another recorder's
    Row(ANY,     None, 406,  _later),                                         # as many tasks as the account may run
    Row(ANY,     429,  None, _later,            (1, 3, 6)),
    Row(START,   None, 7,    _already_running),
    Row(START,   201,  None, _already_running),
    Row(START,   None, 53,   lambda _: TaskConflict()),
    Row(START,   None, 433,  lambda _: Expired()),                            # older than five minutes
    Row(START,   None, 1001, lambda _: Expired()),                            # not readable
    Row(START,   5,    502,  _fresh_start),                                   # no worker: another resource may have one
    Row(RUNNING, None, 49,   lambda _: AlreadyStopping()),
    Row(RUNNING, None, 501,  lambda _: AlreadyStopping()),                    # the service is exiting
    Row(STOP,    None, 435,  lambda _: NoData()),
    Row(ANY,     None, 65,   _unclear,          (3, 6)),
    Row(STOP,    None, 50,   lambda _: Stopped("unknown", ())),               # the upload outlasts the answer
    Row(STOP,    206,  None, lambda _: Stopped("unknown", ())),
    Row(ANY,     404,  None, _rejected,         (), words="no Route"),
    Row(RUNNING, 404,  None, lambda _: Gone(),  (5, 10, 15)),
    Row(BEGIN,   5,    None, _unclear,          (3, 6, 9)),
    Row(RUNNING, 5,    None, _unclear,          (5, 10, 15, 30)),
    Row(ANY,     200,  None, _success),
    Row(ANY,     4,    None, _rejected),
    Row(ANY,     None, None, _unclear,          (3, 6)),
)
# fmt: on
