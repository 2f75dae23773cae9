"""What operators run speaks to the project by supabase-py (`deploy.api`), and by no HTTP client of its own."""

import ast
from collections.abc import Iterator

import pytest

from deploy.functions import ROOT

COMMANDS = ("deploy", "local", "sql")
VERBS = {"delete", "get", "head", "options", "patch", "post", "put", "request", "stream"}
CLIENTS = {
    "aiohttp.ClientSession",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "httpx.AsyncClient",
    "httpx.Client",
    "requests.Session",
    "urllib.request.urlopen",
}
# Whoever asks by a bare client, and whom, since it is not the project or since supabase-py has no words for it.
BARE = {
    "deploy/api.py: Api.__init__": "supabase-py's own connections",
    "deploy/doctor/findings.py: get": "auth's key set and settings, which supabase-py cannot ask for",
    "deploy/doctor/deployed.py: answer.ask": "a preflight, as browsers make it",
    "deploy/doctor/deployed.py: webhooks": "deliveries, signed as Stripe and Agora sign them",
    "deploy/doctor/deployed.py: pages": "a page, as browsers open it",
    "deploy/doctor/deployed.py: _opens": "the website",
    "deploy/doctor/deployed.py: status_key": "a monitor, which has a key of its own and none of the project",
    "deploy/doctor/others.py: agora": "Agora",
    "deploy/doctor/others.py: stripe": "Stripe",
    "deploy/doctor/others.py: _webhook_endpoint": "Stripe",
    "deploy/doctor/others.py: _postmark": "Postmark",
    "deploy/rollout/podman.py: Machine._answers": "/healthz of a container",
    "local/__main__.py: _open": "whether the stack answers, as any program asks",
    "local/agora/notices.py: Notices._post": "what Agora delivers",
    "local/demo_cast.py: StandIns.__init__": "Agora's stand-in",
    "local/demo_cast.py: Mailbox.__init__": "the mail catcher, and pages as browsers open them",
    "local/front/acts.py: Acts._post": "what Stripe delivers, and Agora's stand-in",
    "local/front/facts.py: newest_mails": "the mail catcher",
    "local/gateway.py: Gateway._pass_on": "passes on what others ask",
    "local/processes.py: answers.check": "whether a part answers",
    "local/rehearsal/engine.py: Container.await_health": "/healthz of a container",
    "local/rehearsal/load.py: Load._call": "load, every connection made anew and every failure counted",
    "local/rehearsal/origin.py: Origin.lead": "whether Caddy takes connections",
    "local/stripe.py: Door._make": "emulate, behind the door",
    "local/stripe.py: Door.answer": "emulate, behind the door",
    "local/stripe.py: Webhook.say": "what Stripe delivers",
    "local/supervisor.py: Supervisor._start": "the connections of the gateway and of stand-ins",
    "local/ticker.py: _call": "the clock, which at the hosted scheduler is a bare request too",
}


def bare_requests(source: str) -> Iterator[str]:
    """The functions of a module that make a client, or ask by one."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 0
        for alias in node.names
    }
    awaited = [
        item.context_expr for node in ast.walk(tree) if isinstance(node, ast.AsyncWith) for item in node.items
    ]
    awaited += [node.value for node in ast.walk(tree) if isinstance(node, ast.Await)]

    def is_bare(call: ast.Call) -> bool:
        said = ast.unparse(call.func)
        head, dot, rest = said.partition(".")
        whole = names.get(head, head) + dot + rest
        holder, _, verb = whole.rpartition(".")
        if whole in CLIENTS or (holder in ("httpx", "requests") and verb in VERBS):
            return True
        # By a client that somebody else made, and that is called one.
        return call in awaited and verb in VERBS and holder.endswith(("client", "http", "session"))

    def visit(node: ast.AST, scope: tuple[str, ...]) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield from visit(child, (*scope, child.name))
                continue
            if isinstance(child, ast.Call) and is_bare(child):
                yield ".".join(scope) or "the module"
            yield from visit(child, scope)

    yield from visit(tree, ())


def test_who_asks_by_a_bare_client_says_whom() -> None:
    """A new one goes by `deploy.api`, or stands above with a reason; one that is gone does not."""
    files = [file for folder in COMMANDS for file in sorted((ROOT / folder).rglob("*.py"))]
    found = {
        f"{file.relative_to(ROOT)}: {where}"
        for file in files
        if "node_modules" not in file.parts
        for where in bare_requests(file.read_text())
    }

    assert found - BARE.keys() == set()
    assert BARE.keys() - found == set()


@pytest.mark.parametrize(
    "source",
    [
        "import httpx\ndef ask():\n    httpx.get('/rest/v1/profiles')",
        "import httpx\ndef ask():\n    with httpx.Client(base_url='x') as it: it.get('/auth/v1/user')",
        "from httpx import Client\ndef ask():\n    Client().get('x')",
        "import urllib.request\ndef ask():\n    urllib.request.urlopen('x')",
        "from urllib.request import urlopen\ndef ask():\n    urlopen('x')",
        "import aiohttp\nasync def ask(client: aiohttp.ClientSession):\n    async with client.post('x') as reply: pass",
        "import requests\ndef ask():\n    requests.post('x')",
    ],
)
def test_each_way_to_ask_by_a_bare_client_is_seen(source: str) -> None:
    assert {*bare_requests(source)} == {"ask"}


def test_a_function_of_the_same_name_is_no_request() -> None:
    assert [*bare_requests("import httpx\ndef ask(env):\n    env.get('SUPABASE_URL')")] == []
