"""Plan, apply, rollback, status: Cloud Run and Kubernetes against recorded answers, one machine with podman itself."""

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deploy import rollout
from deploy.environment import FOLDER
from deploy.rollout import Rollout
from deploy.rollout.podman import Machine
from deploy.rollout.shell import Shell
from deploy.services import port_of
from tests.cast import Stage

from .programs import RECORDED, Programs

IMAGE = f"registry.test/functions@sha256:{'a' * 64}"
SOME = ("get-available-slots", "run-payouts")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Gcloud and kubectl, recorded."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    folder = tmp_path / "programs"
    folder.mkdir()
    found = Programs(folder, monkeypatch)
    found.add(
        "gcloud",
        services_list="gcloud_run_services_list.json",
        jobs_list="gcloud_scheduler_jobs_list.json",
        revisions_list="gcloud_run_revisions_list.json",
    )
    found.add("kubectl", get="kubectl_get.json")
    return found


@pytest.fixture
def environment(tmp_path: Path) -> str:
    """The example, with values that are none."""
    text = (
        (FOLDER / "staging.yaml")
        .read_text()
        .replace("example", "made-up")
        .replace("api.staging.made-up.com", "127.0.0.1")
    )
    (tmp_path / "trial.yaml").write_text(text)
    return str(tmp_path / "trial.yaml")


def test_a_plan_says_what_differs_and_changes_nothing(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Image, limits, names of secrets, schedule; and what it did not look at."""
    with pytest.raises(SystemExit) as ended:
        rollout.plan(Rollout("cloud-run", environment, IMAGE, None), SOME)

    said = capsys.readouterr().out
    assert ended.value.code == 1
    for line in (
        "~ get-available-slots: image: registry.test/functions@bbbbbbbbbbbb → registry.test/functions@aaaaaaaaaaaa",
        "~ run-payouts: secret: + SUPABASE_SECRET_KEY",
        "~ run-payouts: timeout: 60 → 300",
        "~ run-payouts: schedule: 0 4 * * * → 17 3 * * *",
        "migrations: not looked at, DATABASE_URL is not set",
        "2 of 2 services differ.",
    ):
        assert line in said.splitlines()
    assert "$ gcloud run services list --project" in said
    assert not programs.told("replace")


def test_a_service_that_is_new_is_said_to_be(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And one of the recorded is left alone by a plan of another."""
    with pytest.raises(SystemExit):
        rollout.plan(Rollout("kubernetes", environment, IMAGE, None), ["cancel-session"])

    assert "~ cancel-session: is not there yet" in capsys.readouterr().out


def test_the_examples_values_are_not_deployed(programs: Programs) -> None:
    """They lead to nobody we know."""
    with pytest.raises(
        SystemExit, match=r"staging still has the example's values: google\.project, origin, "
    ):
        rollout.apply(Rollout("cloud-run", "staging", IMAGE, None), SOME)


def test_cloud_run_is_told_in_the_order_in_which_things_are_needed(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Accounts and what they may read, services, jobs; each command stands in the output first."""
    rollout.apply(Rollout("cloud-run", environment, IMAGE, None), SOME)

    where = "--project staging-made-up --region northamerica-northeast1"
    steps = [
        "gcloud secrets set-iam-policy supabase-secret-key secrets/SUPABASE_SECRET_KEY.yaml --quiet",
        f"gcloud run services replace services/get-available-slots.yaml {where}",
        f"gcloud run services replace services/run-payouts.yaml {where}",
    ]
    told = programs.told()
    assert sorted(steps, key=told.index) == steps
    jobs = programs.told("jobs", "http", "run-payouts", "310s")
    assert told.index(jobs[0]) > told.index(steps[-1])
    said = capsys.readouterr().out
    assert said.index("$ sh accounts.sh") < said.index(f"$ {steps[1]}") < said.index("$ sh scheduler.sh")


def test_cloud_run_goes_back_to_the_last_good_revision(programs: Programs, environment: str) -> None:
    """Not to one that never became ready."""
    rollout.rollback(Rollout("cloud-run", environment, IMAGE, None), ["get_available_slots"])

    assert 1 == len(
        programs.told("update-traffic", "get-available-slots", "get-available-slots-00005-def=100")
    )


def test_what_went_back_differs_until_it_is_applied_again(
    programs: Programs, environment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its newest revision is as it is wanted, and does not serve."""
    services = json.loads((RECORDED / "gcloud_run_services_list.json").read_text())
    services[0]["status"]["traffic"] = [{"percent": 100, "revisionName": "get-available-slots-00005-def"}]
    (tmp_path / "services.json").write_text(json.dumps(services))
    programs.add(
        "gcloud", services_list=str(tmp_path / "services.json"), jobs_list="gcloud_scheduler_jobs_list.json"
    )

    with pytest.raises(SystemExit):
        rollout.plan(Rollout("cloud-run", environment, IMAGE, None), SOME[:1])

    said = capsys.readouterr().out
    assert "~ get-available-slots: get-available-slots-00005-def serves, which is not the newest" in said


def test_a_cluster_is_told_and_waited_for(programs: Programs, environment: str) -> None:
    """Each service's own file, then its pods; and back by the ReplicaSet before."""
    rollout.apply(Rollout("kubernetes", environment, IMAGE, None), SOME)
    rollout.rollback(Rollout("kubernetes", environment, IMAGE, None), ["run-payouts"])

    assert [
        "kubectl apply --namespace staging --filename services/get-available-slots.yaml",
        "kubectl rollout status deployment/get-available-slots --namespace staging --timeout=180s",
        "kubectl apply --namespace staging --filename services/run-payouts.yaml",
        "kubectl rollout status deployment/run-payouts --namespace staging --timeout=180s",
        "kubectl get deployments,horizontalpodautoscalers,cronjobs --namespace staging --output json",
        "kubectl rollout undo deployment/run-payouts --namespace staging",
        "kubectl rollout status deployment/run-payouts --namespace staging --timeout=180s",
    ] == programs.told()[1:]


def test_status_ends_with_1_if_something_is_not_ready(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that a script can ask it."""
    with pytest.raises(SystemExit) as ended:
        rollout.status(Rollout("kubernetes", environment, IMAGE, None), [])

    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 1
    assert ["✓ get-available-slots", "✗ run-payouts"] == [" ".join(line.split()[:2]) for line in lines[1:]]


def test_printing_alone_runs_nothing(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What can be reviewed before."""
    rollout.apply(Rollout("kubernetes", environment, IMAGE, None, only_print=True), SOME)

    assert (
        "$ kubectl apply --namespace staging --filename services/run-payouts.yaml" in capsys.readouterr().out
    )
    assert not programs.told("apply")
    rollout.apply(Rollout("kubernetes", "staging", None, None, only_print=True), SOME)
    assert (
        "2 of 2 services would be changed." in capsys.readouterr().out
    )  # of the example as well: nothing is


def test_routes_are_not_changed_by_the_way(programs: Programs, environment: str) -> None:
    """They would lead to functions that are not there yet, and away from the project's own."""
    for target in ("cloud-run", "kubernetes"):
        rollout.apply(Rollout(target, environment, IMAGE, None), SOME)

    assert not [line for line in programs.told() if "ingress" in line or "url-maps" in line]


def test_a_function_that_lacks_a_setting_is_refused_by_its_name_alone(
    programs: Programs, environment: str
) -> None:
    """An installation without recordings deploys all others."""
    text = Path(environment).read_text().replace("  AGORA_APP_ID: made-up\n", "")
    Path(environment).write_text(text)
    trial = Rollout("kubernetes", environment, IMAGE, None)

    names = {each.name for each in trial.wanted([])}
    assert "cancel-session" in names
    assert "create-agora-room" not in names
    with pytest.raises(SystemExit, match="create-agora-room: AGORA_APP_ID"):
        trial.wanted(["create-agora-room"])
    (one,) = Rollout("compose", environment, IMAGE, None).wanted(["functions"])
    assert "/functions/v1/cancel-session" in one.paths()


def test_a_program_that_is_not_here_is_named(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not a traceback."""
    monkeypatch.setenv("KUBECTL", "no-such-kubectl")

    with pytest.raises(SystemExit, match="no-such-kubectl is not installed here"):
        rollout.status(Rollout("kubernetes", environment, IMAGE, None), [])


def test_migrations_to_come_are_part_of_a_plan(
    programs: Programs,
    environment: str,
    stage: Stage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Those that the database's ledger does not have; a database that does not answer is said to be not looked at."""
    (tmp_path / "sql" / "migrations").mkdir(parents=True)
    for name in ("20251229001234_baseline.sql", "99991231235959_close.sql"):
        (tmp_path / "sql" / "migrations" / name).touch()
    monkeypatch.setattr(rollout, "ROOT", tmp_path)
    monkeypatch.setenv("DATABASE_URL", stage.env["DATABASE_URL"])
    trial = Rollout("kubernetes", environment, IMAGE, None)

    with pytest.raises(SystemExit):
        rollout.plan(trial, SOME)
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/nobody")
    with pytest.raises(SystemExit):
        rollout.plan(trial, SOME)

    said = capsys.readouterr().out
    assert ["~ migration 99991231235959_close.sql is to come"] == [
        line for line in said.splitlines() if line.startswith("~ migration")
    ]
    assert "migrations: not looked at, " in said


# One machine


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_ports: None) -> Iterator[Path]:
    """Podman with a store of its own."""
    if not shutil.which("podman"):
        pytest.skip("podman is not installed here")
    (tmp_path / "containers.conf").write_text(
        '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        '[network]\nnetwork_backend = "netavark"\n'
    )
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{tmp_path}/store"\nrunroot = "{tmp_path}/run"\n'
    )
    monkeypatch.setenv("CONTAINERS_CONF", str(tmp_path / "containers.conf"))
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(tmp_path / "storage.conf"))
    yield tmp_path
    subprocess.run(["podman", "rm", "--force", "--all", "--time", "0"], check=False, capture_output=True)
    subprocess.run(["podman", "rmi", "--force", "--all"], check=False, capture_output=True)


def make_image(tag: str, *command: str) -> str:
    """An image of one program, caddy, which answers everything with the tag; its name with its digest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(Path(sys.executable).parent / "caddy", "caddy")
        archive.addfile(_folder("tmp"))
    words = command or ("/caddy", "respond", "--listen", ":8080", "--body", tag)
    change = "CMD [" + ", ".join(f'"{word}"' for word in words) + "]"
    name = f"functions:{tag}"
    subprocess.run(
        ["podman", "import", "--change", change, "--change", "ENV HOME=/tmp", "-", name],
        input=packed.getvalue(),
        check=True,
        capture_output=True,
    )
    asked = ["podman", "image", "inspect", "--format", "{{.Digest}}", name]
    return f"localhost/functions@{subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()}"


def _folder(name: str) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.mode = tarfile.DIRTYPE, 0o1777
    return found


def answer(name: str) -> str:
    """What a service answers, at the one of its ports where it is."""
    first = port_of(name)
    answers = []
    for port in (first, first + 1):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as reply:
            answers.append(str(reply.read().decode()))
    (answer,) = answers
    return answer


@pytest.mark.slow
def test_one_machine_goes_forward_back_and_forward_again(
    podman: Path, environment: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With podman itself: what is given, who holds which secret, and the container before within seconds."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    one, two = make_image("one"), make_image("two")
    machine = lambda image: Rollout("compose", environment, image, "each")  # noqa: E731
    machine(one).render()
    made = subprocess.run(
        ["sh", "secrets.sh"],
        cwd=machine(one).folder,
        env={**os.environ, "SUPABASE_SECRET_KEY": "sb_secret_of_a_trial"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "supabase-secret-key is set" in made.stdout
    assert "stripe-secret-key stays" in made.stdout

    rollout.apply(machine(one), SOME)
    assert ["one", "one"] == [answer(name) for name in SOME]
    with pytest.raises(SystemExit) as nothing:
        rollout.plan(machine(one), SOME)
    assert nothing.value.code == 0

    rollout.apply(machine(two), ["run-payouts"])
    assert ["one", "two"] == [answer(name) for name in SOME]

    began = time.monotonic()
    rollout.rollback(machine(two), ["run-payouts"])
    assert "one" == answer("run-payouts")
    assert time.monotonic() - began < 60
    rollout.rollback(machine(two), ["run-payouts"])
    assert "two" == answer("run-payouts")

    said = capsys.readouterr().out
    assert "$ podman create --name run-payouts-next --label environment=trial" in said
    assert "--secret supabase-secret-key,type=env,target=SUPABASE_SECRET_KEY" in said
    assert "sb_secret_of_a_trial" not in said
    for name, given in (("run-payouts", True), ("get-available-slots", False)):
        inspected = subprocess.run(
            ["podman", "inspect", name], check=True, capture_output=True, text=True
        ).stdout
        assert ("SUPABASE_SECRET_KEY" in inspected) == given
    with pytest.raises(SystemExit) as ready:
        rollout.status(machine(two), SOME)
    assert ready.value.code == 0


@pytest.mark.slow
def test_what_does_not_start_is_gone_at_once(
    podman: Path, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one before answers all along, and the command says so and fails."""
    good, bad = make_image("good"), make_image("bad", "/caddy", "no-such-command")
    trial = Rollout("compose", environment, good, "each")
    rollout.apply(trial, ["get-available-slots"])
    broken = Rollout("compose", environment, bad, "each")
    broken.platform = Machine(broken.environment, Shell(broken.folder), starts_within_s=2)

    with pytest.raises(SystemExit, match="did not answer /healthz within 2 s; the one before still runs"):
        rollout.apply(broken, ["get-available-slots"])

    assert "good" == answer("get-available-slots")


def test_every_printed_command_can_be_typed(
    programs: Programs, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Quoted where a shell wants it."""
    rollout.apply(Rollout("cloud-run", environment, IMAGE, None, only_print=True), SOME)

    typed = [line[2:] for line in capsys.readouterr().out.splitlines() if line.startswith("$ ")]
    assert all(shlex.join(shlex.split(line)) == line for line in typed)
    assert len(typed) > 4
