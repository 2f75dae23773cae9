"""Every way a request can be refused.

    Refusal
    ├── NotSignedIn        401   nobody we know
    ├── NotAllowed         403   known, not allowed
    ├── NotFound           404   not there, or not yours
    ├── MethodNotAllowed   405
    ├── TooSlow            408   the body did not come in time
    ├── Conflict           409   the world is otherwise
    ├── TooLarge           413
    ├── UnsupportedMedia   415
    ├── BadRequest         422   your body; `details` lists the fields
    ├── Broken             500   our fault: says nothing, logs everything
    └── Unavailable        503   somebody else did not answer (502 and 504 alike)

`code` is for programs and never changes; `sentence` is for people and may. What the database refuses needs no
class here: `database.py` passes its code, sentence and status through.
"""

from typing import Any


class Refusal(Exception):
    """A request that was understood and is not granted; nothing was changed."""

    status = 500
    code = "refused"
    sentence = "The request was refused."

    def __init__(
        self,
        code: str | None = None,
        sentence: str | None = None,
        *,
        status: int | None = None,
        details: Any = None,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        self.code = code or self.code
        self.sentence = sentence or self.sentence
        self.status = status or self.status
        self.details = details
        self.hint = hint
        self.headers = headers or {}
        self.reason = reason  # for the log alone: which grant or rule it was
        super().__init__(f"{self.status} {self.code}: {self.sentence}")

    def body(self) -> dict[str, Any]:
        """The one shape of every failure: `error` for the platform's callers, the rest is PostgREST's."""
        return {
            "error": self.sentence,
            "code": self.code,
            "message": self.sentence,
            "details": self.details,
            "hint": self.hint,
        }


class NotSignedIn(Refusal):
    """Nobody we know."""

    status = 401
    code = "not_signed_in"
    sentence = "Please sign in first."


class NotAllowed(Refusal):
    """Known, not allowed."""

    status = 403
    code = "not_allowed"
    sentence = "You are not allowed to do this."


class NotFound(Refusal):
    """Not there, or not yours: the caller cannot tell which."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here."


class MethodNotAllowed(Refusal):
    """The function exists and does not answer this verb."""

    status = 405
    code = "method_not_allowed"


class TooSlow(Refusal):
    """The body did not come in time."""

    status = 408
    code = "body_too_slow"


class Conflict(Refusal):
    """The world is otherwise."""

    status = 409
    code = "conflict"


class TooLarge(Refusal):
    """The body is longer than the function reads."""

    status = 413
    code = "body_too_large"


class UnsupportedMedia(Refusal):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"
    sentence = "Please send JSON with the header Content-Type: application/json."


class BadRequest(Refusal):
    """Your body; `details` lists each field and its problem."""

    status = 422
    code = "invalid_body"


class Broken(Refusal):
    """Our fault. The caller learns nothing, the log everything."""

    status = 500
    code = "internal_error"
    sentence = "Something went wrong on our side. Please try again in a moment."


class Unavailable(Refusal):
    """Somebody else did not answer; the same request may succeed later."""

    status = 503
    code = "unavailable"
    sentence = "A service we depend on did not answer. Please try again in a moment."
