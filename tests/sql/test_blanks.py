"""Names that nobody can read are none, and names from right to left move nothing beside them."""

import sys
import unicodedata

import psycopg
import pytest

from .conftest import CLIENT, ROW, Sandbox

# Unicode's property White_Space, and what of Default_Ignorable_Code_Point is neither a mark nor a format.
WHITE_SPACE = [
    *range(9, 14),
    0x20,
    0x85,
    0xA0,
    0x1680,
    *range(0x2000, 0x200B),
    0x2028,
    0x2029,
    0x202F,
    0x205F,
    0x3000,
]
IGNORABLE = [
    *(0x115F, 0x1160, 0x2065, 0x3164, 0xFFA0, 0x034F, 0x17B4, 0x17B5),
    *range(0x180B, 0x1810),
    *range(0xFE00, 0xFE10),
    *range(0xFFF0, 0xFFF9),
    *range(0xE0000, 0xE1000),
]
BRAILLE_BLANK = 0x2800
# Formats that go around the digits after them, and can be seen.
SEEN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}


def test_every_sign_of_unicode_is_blank_or_not(sandbox: Sandbox) -> None:
    """By what Unicode says of each; what it has not assigned yet may become anything."""
    found = {
        row["code"]
        for row in sandbox.run(
            "select code from generate_series(1, 1114111) code"
            " where code not between 55296 and 57343 and private.is_blank(chr(code))"
        )
    }

    listed = {*WHITE_SPACE, *IGNORABLE, BRAILLE_BLANK}
    assert not listed - found
    for code in (code for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF):
        category = unicodedata.category(chr(code))
        if category == "Cn":
            continue
        is_blank = category[0] == "M" or category in ("Cc", "Cf", "Co") or code in listed
        assert (is_blank and code not in SEEN) == (code in found), hex(code)


BLANKS = {
    "nothing": "",
    "spaces": "  \t\n",
    "no-break spaces": "\u00a0\u202f\u3000",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff",
    "directions": "\u202e\u2066\u2069\u061c",
    "hangul fillers": "\u3164\u115f\u1160\uffa0",
    "braille blank": "\u2800\u2800",
    "accents on nothing": " \u0301\u0323",
    "variation selectors": "\ufe0f\U000e0100",
    "tags": "\U000e0041\U000e007f",
    "private": "\ue000\U0010fffd",
    "all at once": "\u00ad \u2800\u0301\u200d\u3164",
}
NAMES = ["A", "李", "ශ්\u200dරී", "علی\u200cرضا", "é", "e\u0301", "1", "\u0601\u0661", "🧘🏽", "ᐃ", "ㅤA"]


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS.keys())
def test_a_name_of_blanks_is_refused_wherever_one_is_required(sandbox: Sandbox, blank: str) -> None:
    """On a waiver, on a contract, of a practitioner, of a bank account: whoever writes it, with the field named."""
    writes = {
        "signature_name": [
            (
                "insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version,"
                " signature_name) select %s, 'text', id, version, %s from public.waiver_policy limit 1",
                (CLIENT, blank),
            ),
            (
                "insert into public.contract_signatures (contract_id, user_id, signature_name)"
                " select gen_random_uuid(), %s, %s",
                (CLIENT, blank),
            ),
        ],
        "name": [
            ("update public.practitioners set name = %s where id = %s", (blank, ROW)),
            (
                "insert into public.practitioners (user_id, name) values (%s, %s)",
                (CLIENT, blank),
            ),
        ],
        "account_holder_name": [
            (
                "insert into public.practitioner_banking (practitioner_id, bank_name, account_holder_name,"
                " account_type) values (%s, 'Bank', %s, 'checking')",
                (ROW, blank),
            )
        ],
        "bank_name": [
            (
                "insert into public.practitioner_banking (practitioner_id, bank_name, account_holder_name,"
                " account_type) values (%s, %s, 'Holder', 'checking')",
                (ROW, blank),
            )
        ],
    }
    sandbox.act_as("owner")
    for field, statements in writes.items():
        for statement, values in statements:
            named = f"^{field}: should have something to read"
            with pytest.raises(psycopg.Error, match=named) as refusal, sandbox.undone():
                sandbox.run(statement, *values)
            assert ("PT422", "text_is_blank") == (refusal.value.sqlstate, refusal.value.diag.message_detail)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_can_be_read_is_none_of_them(sandbox: Sandbox, name: str) -> None:
    """In any writing, with its joiners."""
    assert sandbox.one("select not private.is_blank(%s)", name)


def test_a_name_in_a_notification_is_set_apart_if_it_is_turned(sandbox: Sandbox) -> None:
    """And others stay as they are; nothing in a name turns what stands after it, or ends the line."""
    for given, written in {
        "Zoë": "Zoë",
        "ශ්\u200dරී": "ශ්\u200dරී",
        "علی\u200cرضا": "\u2068علی\u200cرضا\u2069",
        "\u202eדנה\u2069\n(1)": "\u2068דנה (1)\u2069",
        "A\u202eB": "AB",
    }.items():
        assert written == sandbox.one("select private.isolate_name(%s)", given)
    assert sandbox.one("select private.isolate_name(null) is null")
