"""Which bank numbers can exist, by country: form and check digits. Check digits do not say whose the account is.

An account has one spelling afterwards: no blanks or hyphens, and a Canadian routing number in its electronic form,
0 + institution + transit. No message quotes what was typed.
"""

import re
from dataclasses import dataclass, field

from shared.errors import Conflict

LABELS = {
    "bank_name": "Bank name",
    "account_holder_name": "Account holder name",
    "account_number": "Account number",
    "routing_number": "Routing number",
    "country": "Country",
    "sealed": "Sealed numbers",
}
# A Federal Reserve district, as it is (01 to 12), for thrifts (21 to 32) or electronic (61 to 72).
US_DISTRICT = re.compile(r"0[1-9]|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]")
CANADIAN_CHEQUE = re.compile(r"(?P<transit>[0-9]{5})[ -]*(?P<institution>[0-9]{3})")
CANADIAN_ELECTRONIC = re.compile(r"0[ -]*(?P<institution>[0-9]{3})[ -]*(?P<transit>[0-9]{5})")


class InvalidBankDetails(Conflict):
    """The details cannot be a bank account's; `details` lists each field and its problem."""

    code = "invalid_bank_details"

    def __init__(self, problems: dict[str, str]) -> None:
        name, problem = next(iter(problems.items()))
        super().__init__(
            sentence=f"{LABELS[name]} {problem}.",
            details=[{"field": field, "problem": problem} for field, problem in problems.items()],
        )


@dataclass(frozen=True)
class Account:
    """An account whose numbers have passed. Prints without them."""

    bank_name: str
    account_holder_name: str
    country: str
    account_number: str = field(repr=False)
    routing_number: str = field(repr=False)


def checked(
    bank_name: str, account_holder_name: str, country: str, account_number: str, routing_number: str
) -> Account:
    """The account in its one spelling. Raises InvalidBankDetails naming every field that is wrong."""
    account = Account(
        bank_name.strip(),
        account_holder_name.strip(),
        country.strip().upper(),
        _compact(account_number),
        _compact(routing_number),
    )
    problems = {name: "is missing" for name in LABELS if name != "sealed" and not getattr(account, name)}
    for name in ("bank_name", "account_holder_name"):
        if len(account.account_number) > 4 and account.account_number in _compact(getattr(account, name)):
            problems[name] = "must not hold the account number"  # it is stored as it is, and shown
    if not problems:
        match account.country:
            case "US":
                problems = _american(account)
            case "CA":
                problems, account = _canadian(account, routing_number)
            case _:
                problems = _international(account)
    if problems:
        raise InvalidBankDetails(problems)
    return account


def _compact(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _american(account: Account) -> dict[str, str]:
    from stdnum.us import rtn

    problems = {}
    if not re.fullmatch("[0-9]{4,17}", account.account_number):
        problems["account_number"] = "must be 4 to 17 digits"
    if not re.fullmatch("[0-9]{9}", account.routing_number):
        problems["routing_number"] = "must be 9 digits"
    elif not US_DISTRICT.match(account.routing_number) or not rtn.is_valid(account.routing_number):
        problems["routing_number"] = "is not the number of a bank; please check its digits"
    return problems


def _canadian(account: Account, as_typed: str) -> tuple[dict[str, str], Account]:
    problems = {}
    if not re.fullmatch("[0-9]{5,12}", account.account_number):
        problems["account_number"] = "must be 5 to 12 digits"
    routing = CANADIAN_CHEQUE.fullmatch(as_typed.strip()) or CANADIAN_ELECTRONIC.fullmatch(as_typed.strip())
    if routing is None:
        problems["routing_number"] = (
            "must be transit (5 digits) and institution (3 digits), as in 12345-003, "
            "or 0, institution and transit, as in 000312345"
        )
        return problems, account
    if not int(routing["institution"]) or not int(routing["transit"]):
        problems["routing_number"] = "is not the number of a bank; please check its digits"
    electronic = f"0{routing['institution']}{routing['transit']}"
    return problems, Account(
        account.bank_name, account.account_holder_name, account.country, account.account_number, electronic
    )


def _international(account: Account) -> dict[str, str]:
    from stdnum import bic, iban, numdb

    if not re.fullmatch("[A-Z]{2}", account.country):
        return {"country": "must be two letters, as in CA"}
    if not numdb.get("iban").info(f"{account.country}00")[0][1]:
        return {"country": "is one that we cannot pay to yet"}
    problems = {}
    if not account.account_number.startswith(account.country):
        problems["account_number"] = "must be the IBAN, which begins with the country's two letters"
    elif not account.account_number.isascii() or not iban.is_valid(account.account_number):
        problems["account_number"] = "is not an IBAN; please check its digits"
    if not account.routing_number.isascii() or not bic.is_valid(account.routing_number):
        problems["routing_number"] = "must be the bank's BIC, 8 or 11 letters and digits"
    return problems
