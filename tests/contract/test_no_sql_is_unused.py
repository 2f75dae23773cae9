"""No private function, view or type of the chapters is left that nothing reaches but tests."""

import re
from collections import defaultdict

from deploy.functions import ROOT
from sql.chapters import chapters

STATEMENT = re.compile(r"(?:[^$;]|\$(?!\$)|\$\$.*?\$\$)+;", re.DOTALL)
CREATED = re.compile(r"\s*create (?:or replace )?(?:function|view|type) private\.(\w+)")
SAYS_WHO = re.compile(r"\s*(?:grant|revoke|comment|alter function)\b")
CALLERS = ("functions", "shared", "server", "deploy", "local", "bench", "sql/adoption")


def test_no_sql_is_unused() -> None:
    """Reached from a table, a trigger, a policy, a public function, our Python, or by hand as the runbook says."""
    made: dict[str, str] = defaultdict(str)
    read = [(ROOT / "docs/runbook.md").read_text()]
    for folder in CALLERS:
        read += [file.read_text() for file in (ROOT / folder).rglob("*.*") if file.suffix in (".py", ".sql")]
    for chapter in chapters():
        for statement in STATEMENT.findall(re.sub(r"--.*", "", chapter.path.read_text())):
            if found := CREATED.match(statement):
                made[found[1]] += statement
            elif not SAYS_WHO.match(statement):
                read.append(statement)

    unreached = set(made)
    while read:
        called = unreached & set(re.findall(r"\w+", read.pop()))
        unreached -= called
        read += [made[name] for name in called]

    assert len(made) > 500
    assert not unreached
