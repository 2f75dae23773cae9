""".env.example names what a deployment can be told, no more and no less, and what it needs without a comment sign."""

import re

from deploy.functions import ROOT, functions

FOR_OPERATORS = {"DATABASE_URL"}
LEGACY = {"SUPABASE_JWT_SECRET"}  # in deploy.yaml of those projects alone that have it
OFFERED = {
    "SUPPORT_EMAIL",
    "POSTMARK_SERVER_TOKEN",
    "POSTMARK_FROM_EMAIL",
}  # optional to start, and missed by people
NAMED = re.compile(r"^(#?)([A-Z][A-Z0-9_]+)=", re.MULTILINE)


def test_it_names_every_setting_of_deploy_yaml() -> None:
    named = {name for _, name in NAMED.findall((ROOT / ".env.example").read_text())}

    assert named == {name for one in functions().values() for name in one.settings} | FOR_OPERATORS | LEGACY


def test_what_is_required_is_no_comment() -> None:
    wanted = {name for sign, name in NAMED.findall((ROOT / ".env.example").read_text()) if not sign}
    required = {name for one in functions().values() for name in one.required()}

    assert wanted - OFFERED == required - OFFERED
