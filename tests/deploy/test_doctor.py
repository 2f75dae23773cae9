"""The doctor: nothing to say of a healthy environment, and one line for each thing that is wrong with another."""

import base64
import json
import os
import re
import subprocess
import sys
import time

import pytest
from pytest_httpserver import HTTPServer
from pytest_httpserver.httpserver import METHOD_ALL
from werkzeug import Request, Response

from deploy.doctor import NotLookedAt, checks
from deploy.functions import functions
from local.config import new_banking_keys
from shared.inspection import hash_setting
from tests.banking_scene import BankingScene
from tests.cast import PASSWORD, Stage

KEY_SET = "/auth/v1/.well-known/jwks.json"
BUCKET = "/storage/v1/bucket/session-recordings"
OBJECTS = re.compile("^/storage/v1/object/session-recordings")


def findings(env: dict[str, str], *names: str) -> dict[str, list[str]]:
    """What the doctor finds, by check; only what is wrong."""
    chosen = [functions()[name] for name in names or functions()]
    told = ((check, list(problems)) for check, problems in checks(chosen, env))
    wrong = ((check, [line for line in lines if not isinstance(line, NotLookedAt)]) for check, lines in told)
    return {check: lines for check, lines in wrong if lines}


@pytest.fixture
def env(httpserver: HTTPServer) -> dict[str, str]:
    """A made-up project, on a server that a test can make ill."""
    httpserver.expect_request(KEY_SET).respond_with_json({"keys": [{"kid": "first"}]})
    httpserver.expect_request("/functions/v1/create-liability-waiver", method="OPTIONS").respond_with_data(
        status=204, headers={"access-control-allow-origin": "*"}
    )
    httpserver.expect_request("/rest/v1/session_recordings").respond_with_json([])
    httpserver.expect_request(BUCKET).respond_with_json({"id": "session-recordings", "public": False})
    httpserver.expect_request("/rest/v1/session_types").respond_with_json([])
    httpserver.expect_request("/auth/v1/settings").respond_with_json({"external": {"anonymous_users": False}})
    for policy in ("waiver_policy", "cancellation_policy"):
        httpserver.expect_request(f"/rest/v1/{policy}").respond_with_json([{"id": 1}])
    httpserver.expect_request("/rest/v1/rate_limits").respond_with_json({"code": "PGRST106"}, 406)
    stored: dict[str, bytes] = {}

    def store(request: Request) -> Response:
        if request.method == "POST":
            stored["file"] = request.files["file"].read()
            return Response(json.dumps({"Key": request.path}))
        return Response(stored["file"] if request.method == "GET" else "[]")

    httpserver.expect_request(OBJECTS).respond_with_handler(store)
    env = {
        "SUPABASE_URL": httpserver.url_for("").rstrip("/"),
        "SUPABASE_PUBLISHABLE_KEY": "k",
        "SUPABASE_SECRET_KEY": "s",
    }

    def inspect(request: Request) -> Response:
        salt, names = request.get_json()["salt"], request.get_json()["names"]
        given = {name: hash_setting(salt, name, env[name]) for name in names if name in env}
        seen = {
            "target": "x",
            "commit": "",
            "address": "192.0.2.1",
            "hops": ["192.0.2.1"],
            "trusted_proxies": 1,
        }
        return Response(json.dumps({"settings": given, "time": time.time(), **seen}))

    for name in ("create-liability-waiver", "check-invariants"):
        httpserver.expect_request(f"/functions/v1/{name}", method="POST").respond_with_handler(inspect)
    return env


def test_a_running_stack_is_healthy(stage: Stage) -> None:
    """Every check, for every function; and auth's tokens, by an account of the doctor's."""
    account = stage.sign_up()
    stage.execute("update private.scheduled_functions set watched_since = now()")
    stage.execute("delete from private.scheduled_runs")
    stage.execute("update private.queue_limits set late_after = '40 days'")

    assert {} == findings(stage.env | {"DOCTOR_EMAIL": account.email, "DOCTOR_PASSWORD": PASSWORD})


def test_a_healthy_project_has_no_findings(env: dict[str, str]) -> None:
    """Only what the chosen functions need is looked at."""
    assert {} == findings(env, "create-liability-waiver")


def test_a_missing_ffmpeg_is_said() -> None:
    """Of the one function that uses it."""
    nowhere = {"FFMPEG_PATH": "/nowhere/ffmpeg"}

    assert "/nowhere/ffmpeg is not here" in findings(nowhere, "process-recording")["ffmpeg"][0]
    assert "ffmpeg" not in findings(nowhere, "purge-recordings")


def test_a_missing_setting_is_named_with_the_functions_that_need_it() -> None:
    """Blank is missing."""
    found = findings({"AGORA_APP_ID": " "}, "create-agora-room", "create-agora-token")

    assert (
        "AGORA_APP_ID is not set; create-agora-room, create-agora-token will not start" in found["settings"]
    )


def test_an_unreachable_project_is_one_line_for_each_part(env: dict[str, str]) -> None:
    """The address is in it."""
    found = findings(env | {"SUPABASE_URL": "http://127.0.0.1:9"}, "create-liability-waiver")

    assert ["publishable key", "sign-in", "functions", "what they were given", "database", "storage"] == list(
        found
    )
    assert all(len(lines) == 1 and "http://127.0.0.1:9/" in lines[0] for lines in found.values())


@pytest.mark.parametrize(
    ("path", "status", "body", "check", "line"),
    [
        (KEY_SET, 404, {}, "sign-in", "the key set answers 404; is SUPABASE_URL right?"),
        (
            KEY_SET,
            200,
            {"keys": []},
            "sign-in",
            "the key set is empty, so create-liability-waiver can verify nobody's token",
        ),
        (
            "/functions/v1/create-liability-waiver",
            404,
            {},
            "functions",
            "preflight with 404; is it deployed?",
        ),
        (
            "/functions/v1/create-liability-waiver",
            200,
            {},
            "functions",
            "preflight with 200; is it deployed?",
        ),
        ("/rest/v1/session_recordings", 401, {}, "database", "SUPABASE_SECRET_KEY is refused"),
        ("/rest/v1/session_recordings", 404, {}, "database", "the migrations are not applied"),
        ("/rest/v1/session_recordings", 500, {}, "database", "answers 500"),
        (BUCKET, 403, {}, "storage", "SUPABASE_SECRET_KEY is refused"),
        (BUCKET, 400, {}, "storage", "the bucket session-recordings is not there (400)"),
        (BUCKET, 200, {"public": True}, "storage", "is public; everybody can watch the sessions"),
    ],
)
def test_each_fault_is_reported_by_its_one_line(
    httpserver: HTTPServer, env: dict[str, str], path: str, status: int, body: object, check: str, line: str
) -> None:
    """And nothing else is said to be wrong."""
    method = METHOD_ALL if "functions" not in path else "OPTIONS"
    for handler in [
        each for each in httpserver.handlers if (each.matcher.uri, each.matcher.method) == (path, method)
    ]:
        httpserver.handlers.remove(handler)
    httpserver.expect_request(path, method=method).respond_with_json(body, status)

    found = findings(env, "create-liability-waiver")

    assert [check] == list(found)
    assert line in found[check][0]


def test_what_only_the_scheduler_calls_may_be_out_of_reach(
    httpserver: HTTPServer, env: dict[str, str]
) -> None:
    """It is said, and is no finding: such a function is reached from inside."""
    for method in ("OPTIONS", "POST"):
        httpserver.expect_request("/functions/v1/run-payouts", method=method).respond_with_data(status=404)

    told = dict(checks([functions()["run-payouts"]], env))

    assert {} == findings(env, "run-payouts")
    assert [line for line in told["functions"] if isinstance(line, NotLookedAt) and "run-payouts" in line]


def test_the_halves_of_a_key_pair_belong_together(env: dict[str, str]) -> None:
    """Else what browsers seal cannot be opened; in the middle of a rotation the older one is still good."""
    ours, others = new_banking_keys(), new_banking_keys()
    sealing = ("get-banking-key", "encrypt-banking-data")
    check = "key pair of bank numbers"
    rotating = {"BANKING_SEALING_KEY": others["BANKING_SEALING_KEY"] + ours["BANKING_SEALING_KEY"]}
    public = {"BANKING_SEALING_PUBLIC_KEY": others["BANKING_SEALING_PUBLIC_KEY"]}

    assert check not in findings(env | ours, *sealing)
    assert check not in findings(env | ours | rotating, *sealing)
    assert "nobody can open" in findings(env | ours | public, *sealing)[check][0]


def test_a_key_that_has_ended_is_to_be_taken_out(httpserver: HTTPServer, env: dict[str, str]) -> None:
    """The project refuses it, and our functions, which only compare, would accept it for ever."""
    httpserver.expect_oneshot_request(
        "/rest/v1/session_recordings", headers={"apikey": "old"}
    ).respond_with_json({}, 401)

    env["SUPABASE_SECRET_KEY"] = "s, old"

    found = findings(env, "create-liability-waiver")

    assert {"database"} == found.keys()
    assert "the second SUPABASE_SECRET_KEY is refused" in found["database"][0]


def test_each_broken_rule_is_reported_with_its_rows(httpserver: HTTPServer, env: dict[str, str]) -> None:
    """And only for whom the rules are deployed; the command ends with 1."""
    rule = {"rule": "a transaction is paid twice", "broken": 2, "examples": ["one", "other"]}
    whole_round = [{"begins": True, "is_complete": True}]
    httpserver.expect_request("/rest/v1/rpc/advance_invariant_round").respond_with_json(whole_round)
    httpserver.expect_request("/rest/v1/rpc/check_invariants").respond_with_json([rule])
    httpserver.expect_request("/rest/v1/rpc/ops_status").respond_with_json(
        [{"problems": [{"code": "x", "what": "z"}]}]
    )
    httpserver.expect_request("/functions/v1/check-invariants", method="OPTIONS").respond_with_data(
        status=204, headers={"access-control-allow-origin": "*"}
    )
    command = [sys.executable, "-m", "deploy", "doctor", "check-invariants"]
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}

    ended = subprocess.run(command, env={**own, **env}, capture_output=True, text=True, check=False)

    assert "✗ invariants: a transaction is paid twice: 2 times, as in one, other" in ended.stdout
    assert "✗ scheduler and queues: z" in ended.stdout
    assert "– DATABASE_URL: not looked at: schema" in ended.stdout
    assert 1 == ended.returncode
    assert {} == findings(env, "create-liability-waiver")


def test_agora_and_its_bucket_are_asked_with_the_keys_of_the_environment(stage: Stage) -> None:
    """Wrong ones are named."""
    wrong = {"AGORA_CUSTOMER_SECRET": "made-up", "RECORDING_S3_BUCKET": "no-such-bucket"}

    found = findings(stage.env | wrong, "start-agora-recording")

    for other in ("time zones of PostgreSQL", "what they were given"):
        found.pop(other, None)
    assert ["Agora", "Agora's bucket"] == list(found)
    assert "refuses AGORA_CUSTOMER_ID and AGORA_CUSTOMER_SECRET" in found["Agora"][0]
    assert "no-such-bucket" in found["Agora's bucket"][0]


def test_an_invalid_setting_is_named_without_its_value(stage: Stage) -> None:
    """A function that needs it would not start."""
    found = findings(stage.env | {"BANKING_KEYS": "secret-words"}, "encrypt-banking-data")

    (line,) = found["settings"]
    assert line.startswith("BANKING_KEYS must be a JSON object")
    assert "secret-words" not in line


def test_bank_numbers_under_another_key_are_counted(stage: Stage) -> None:
    """Those that a rotation would turn, and those that nobody can open."""
    BankingScene(stage).save()
    ring = json.loads(stage.env["BANKING_KEYS"])
    other = base64.b64encode(bytes(range(32))).decode()
    turned = {"current": "k2", "keys": {**ring["keys"], "k2": other}}
    lost = {"current": "k2", "keys": {"k2": other}}

    for keys, said in ((turned, "run python -m deploy rotate-banking-keys"), (lost, "nobody can open them")):
        found = findings(stage.env | {"BANKING_KEYS": json.dumps(keys)}, "encrypt-banking-data")
        assert said in found["keys of bank numbers"][0]
