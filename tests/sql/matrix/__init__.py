"""Who may do what to the client's row of each table: read it, insert one like it, delete it, change which column.

`new` is a row as a person would insert it; `sets` are further columns a person may give; `changes` names who may change
which columns. Columns named nowhere are the service's alone, unless `rest` says whose.
"""

from .calendars import CALENDARS
from .earnings import EARNINGS
from .evidence import EVIDENCE
from .money import MONEY
from .people import PEOPLE
from .recordings import RECORDINGS
from .rules import Rules
from .sessions import SESSIONS
from .signatures import SIGNATURES

MATRIX: dict[str, Rules] = {
    **PEOPLE,
    **CALENDARS,
    **SESSIONS,
    **MONEY,
    **EARNINGS,
    **SIGNATURES,
    **RECORDINGS,
    **EVIDENCE,
}
