"""A file of credits by Payments Canada's Standard 005 (CPA 005): records of 1464 characters, six payments in each.

    A   who hands it in, its number, for which data centre     one
    C   up to six segments of 240 characters, a payment each   as many as it takes
    Z   what it all adds up to                                 one

Numbers are filled up with zeros on the left, texts with spaces on the right. What a bank's own guide says differently
goes before this: it certifies a first file.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .contract import BankFile

RECORD, SEGMENT, SEGMENTS = 1464, 240, 6
END = b"\r\n"
# Letters that no accent is taken from.
SPELT = str.maketrans({"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L", "Đ": "D", "Þ": "TH", "ẞ": "SS", "’": "'"})


@dataclass(frozen=True)
class Payment:
    """A payout, and the account that it goes to."""

    amount_minor: int
    institution: str
    transit: str
    account: str
    payee: str
    reference: str


def write(file: BankFile, payments: Sequence[Payment]) -> bytes:
    """The file. Raises ValueError if it is not what it should be: then nobody gets it."""
    records = [_header(file)]
    segments = [_segment(file, payment, item) for item, payment in enumerate(payments, 1)]
    for start in range(0, len(segments), SEGMENTS):
        control = _control("C", len(records) + 1, file)
        records.append(control + "".join(segments[start : start + SEGMENTS]))
    records.append(_trailer(file, len(records) + 1, payments))
    content = b"".join(record.ljust(RECORD).encode("ascii") + END for record in records)
    check(content, len(payments), sum(payment.amount_minor for payment in payments))
    return content


def check(content: bytes, payments: int, total_minor: int) -> None:
    """Read what was written, by its positions. Raises ValueError: a bank would refuse it, or pay something else."""
    *records, rest = content.split(END)
    if rest or {RECORD} != {len(record) for record in records}:
        raise ValueError("A record has not 1464 characters.")
    if b"A" + b"C" * (len(records) - 2) + b"Z" != b"".join(record[:1] for record in records):
        raise ValueError("The records are not a header, credits and a trailer.")
    if [int(record[1:10]) for record in records] != list(range(1, len(records) + 1)):
        raise ValueError("The records are not counted one by one.")
    if len({record[10:24] for record in records}) != 1:
        raise ValueError("The records are not all of one file.")
    amounts = [
        int(segment[3:13])
        for record in records[1:-1]
        for start in range(24, RECORD, SEGMENT)
        if (segment := record[start : start + SEGMENT]).strip()
    ]
    trailer = records[-1]
    if not len(amounts) == payments == int(trailer[60:68]):
        raise ValueError("The trailer does not count the payments.")
    if not sum(amounts) == total_minor == int(trailer[46:60]):
        raise ValueError("The payments do not add up to the trailer's total.")


def ascii_capitals(text: str, width: int) -> str:
    """A name as the layout has it: capitals without accents. Empty, if it is in letters that have none of these."""
    decomposed = unicodedata.normalize("NFKD", text.upper().translate(SPELT))
    plain = re.sub(r"[^A-Z0-9 .&'-]", "", re.sub(r"[\s/,]", " ", decomposed))
    return " ".join(plain.split())[:width].strip()


def _header(file: BankFile) -> str:
    return "".join(
        (
            _control("A", 1, file),
            _day(file.created_on),
            _digits(file.data_centre, 5),
            _text("", 20),  # between a customer and its bank
            _text("CAD", 3),
        )
    )


def _segment(file: BankFile, payment: Payment, item: int) -> str:
    return "".join(
        (
            _digits(file.transaction_code, 3),
            _digits(payment.amount_minor, 10),
            _day(file.available_on),
            _digits(payment.institution + payment.transit, 9),
            _text(payment.account, 12),
            _item_trace(file, item),
            _digits(0, 3),  # stored transaction type
            _text(file.short_name, 15),
            _text(payment.payee, 30),
            _text(file.long_name, 30),
            _text(file.originator_id, 10),
            _text(payment.reference, 19),
            _digits(file.return_institution + file.return_transit, 9),
            _text(file.return_account, 12),
            _text("", 15),  # sundry information
            _text("", 22),  # stored trace number
            _text("", 2),  # settlement code
            _digits(0, 11),  # what a bank finds wrong
        )
    )


def _item_trace(file: BankFile, item: int) -> str:
    """For which data centre, by which, in which file, which one; zeros where the bank writes it."""
    if not file.direct_clearer:
        return _digits(0, 22)
    parts = (file.data_centre[:4], file.direct_clearer, _digits(file.number, 4), _digits(item, 9))
    return "".join(parts)


def _trailer(file: BankFile, number: int, payments: Sequence[Payment]) -> str:
    totals = [(0, 0), (sum(payment.amount_minor for payment in payments), len(payments)), (0, 0), (0, 0)]
    # Debits, credits, and of both what corrects an earlier file.
    return _control("Z", number, file) + "".join(
        _digits(amount, 14) + _digits(count, 8) for amount, count in totals
    )


def _control(kind: str, number: int, file: BankFile) -> str:
    """What every record begins with."""
    return f"{kind}{_digits(number, 9)}{_text(file.originator_id, 10)}{_digits(file.number, 4)}"


def _day(day: date) -> str:
    return f"0{day:%y%j}"


def _digits(value: int | str, width: int) -> str:
    """A number, filled up with zeros. Raises ValueError if it is none or too long: it would move all that follows."""
    written = str(value).rjust(width, "0")
    if len(written) != width or not (written.isascii() and written.isdigit()):
        raise ValueError(f"A number of {width} digits was expected.")
    return written


def _text(value: str, width: int) -> str:
    """A text, filled up with spaces. Raises ValueError as above."""
    written = value.ljust(width)
    if len(written) != width or not (written.isascii() and written.isprintable()):
        raise ValueError(f"A text of {width} characters was expected.")
    return written
