"""What holds of every rendering: no secret in it, digests, legal names, scripts that a shell can read."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from deploy import environment as environments
from deploy import names
from deploy.__main__ import commands
from deploy.environment import Target
from deploy.functions import ROOT, functions
from deploy.render import TARGETS, forwarders, render, secrets, write
from deploy.rollout import Rollout
from deploy.services import CLOCK, pinned_image, port_of

from .conftest import IMAGE, Render


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("shape", ["each", "one"])
def test_scripts_can_be_read_by_a_shell_and_images_have_a_digest(
    rendered: Render, target: str, shape: str, tmp_path: Path
) -> None:
    """Everything that would be run: each image is the one that was reviewed."""
    for path, text in rendered(target, shape, hosted_origin=True).items():
        if path.endswith(".sh"):
            (tmp_path / "script.sh").write_text(text)
            subprocess.run(["/bin/sh", "-n", tmp_path / "script.sh"], check=True)
        for image in re.findall(r"^\s*(?:- )?image: (\S+)", text, re.MULTILINE):
            assert image == IMAGE or image.startswith("${CADDY_IMAGE:?"), path


def test_every_name_is_legal_where_it_goes() -> None:
    """On each platform, also for the longest; and no two become one."""
    services, variables = list(functions()), [name for each in functions().values() for name in each.secrets]
    made = {
        "Cloud Run service": services,
        "Kubernetes Service": services,
        "Kubernetes CronJob": services,
        "Podman container": services,
        "Google service account": [names.account(each) for each in services],
        "Kubernetes Secret": [names.secret(each) for each in variables],
        "Secret Manager secret": [names.secret(each) for each in variables],
    }
    for platform, wanted in made.items():
        assert not [each for each in wanted if not names.RULES[platform].fullmatch(each)], platform
    assert len(set(made["Google service account"])) == len(services)
    assert len({port_of(each) for each in [*services, CLOCK]}) == len(services) + 1, (
        "two services of one port: rename the newer one"
    )


def test_a_long_name_is_cut_and_stays_apart() -> None:
    """Google's accounts end after 30 characters."""
    one, two = (names.account(f"verify-practitioner-banking-and-{which}") for which in ("this", "that"))

    assert one != two
    assert names.RULES["Google service account"].fullmatch(one)


def test_every_secret_says_how_it_is_made() -> None:
    """An operator reads it in one table."""
    assert {name for each in functions().values() for name in each.secrets} <= secrets.HOW.keys()


def test_a_secret_among_the_settings_is_refused(tmp_path: Path) -> None:
    """It would be written into every rendered file. So is a name that nobody reads."""
    text = (environments.FOLDER / "staging.yaml").read_text()
    for wrong, said in (
        ("settings:\n  STRIPE_SECRET_KEY: sk_test", "STRIPE_SECRET_KEY is a secret"),
        ("settings:\n  STRIPE_API_URI: x", "no function has STRIPE_API_URI"),
        ("origins: https://x\nsettings:", "origins: Extra inputs"),
    ):
        file = tmp_path / "wrong.yaml"
        file.write_text(text.replace("settings:", wrong, 1))
        with pytest.raises(SystemExit, match=said):
            environments.read(str(file))


def test_what_an_environment_lacks_is_named_by_function(environment: environments.Environment) -> None:
    """Better here than at the first start."""
    without = environment.model_copy(update={"secrets": (), "settings": {}})

    missing = environments.missing(functions()["create-session-payment"], without, "compose")

    assert ["STRIPE_SECRET_KEY", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY"] == missing


def test_a_tag_is_no_digest() -> None:
    """What was reviewed is what runs."""
    with pytest.raises(SystemExit, match="is not on this machine"):
        pinned_image("registry.test/functions:latest")
    assert IMAGE == pinned_image(IMAGE)


def test_a_rendering_replaces_the_one_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A function that is gone leaves no file behind."""
    folder = tmp_path / "rendered"
    write([], "kubernetes", "staging", IMAGE, None, str(folder))
    write(["run-payouts"], "kubernetes", "staging", IMAGE, None, str(folder))

    assert ["run-payouts.yaml"] == [each.name for each in (folder / "services").iterdir()]
    said = capsys.readouterr().out
    assert "75 functions" in said or "functions." in said
    assert "for 1 function." in said


@pytest.mark.parametrize(
    ("target", "options"), [("cloud-run", ""), ("kubernetes", ""), ("compose", " --shape each")]
)
def test_a_folder_for_one_function_says_what_follows_and_the_way_back(
    rendered: Render, target: Target, options: str
) -> None:
    """As commands that can be typed, for this one alone; and that it leads to no other."""
    read = rendered(target, "each", "get-available-slots")["README.md"]

    where = f"--to {target} --env staging"
    assert f"`python -m deploy apply {where}{options} get-available-slots`" in read
    assert f"Back: `python -m deploy rollback {where} get-available-slots`" in read
    assert "It leads to get-available-slots and to nothing else" in read
    assert "NAMESPACE" not in read
    assert "secrets.sh" not in read  # it holds none
    assert "It leads to" not in rendered(target)["README.md"]


def test_a_platform_that_pulls_is_not_given_an_image_of_this_machine(
    rendered: Render, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rendered, the way there is said; applied, it is refused."""
    alone = f"localhost/practice-functions@sha256:{'a' * 64}"
    chosen = [functions()["cancel-session"]]
    told = render(chosen, environments.read("staging"), "kubernetes", alone, "each")["README.md"]

    assert "podman push practice-functions:COMMIT REGISTRY/practice-functions" in told
    with pytest.raises(SystemExit, match="The image is on this machine alone"):
        Rollout("kubernetes", "staging", alone, None)
    assert Rollout("compose", "staging", alone, None).image == alone


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    """Somebody's own files are not what was rendered before."""
    (tmp_path / "mine").write_text("kept")

    with pytest.raises(SystemExit, match="has something else in it"):
        write(["run-payouts"], "compose", "staging", IMAGE, None, str(tmp_path))

    assert "kept" == (tmp_path / "mine").read_text()


def test_pages_webhooks_and_what_takes_long_are_not_forwarded(rendered: Render) -> None:
    """Each for its reason, which stands beside them; all others are."""
    found = rendered("cloud-run", hosted_origin=True)
    forwarded = {path.split("/")[2] for path in found if path.endswith("index.ts")}

    for function in functions().values():
        assert (function.name in forwarded) == (forwarders.why_not(function) is None)
    assert not forwarded & {"manage-session", "stripe-session-webhook", "export-my-data", "run-payouts"}
    assert {"get-available-slots", "create-session-payment", "send-welcome-email"} <= forwarded
    assert "`export-my-data`: it may take 900 s" in found["supabase/README.md"]
    assert found["supabase/config.toml"].count("verify_jwt = false") == len(forwarded)


def test_the_databases_clock_calls_from_outside(rendered: Render) -> None:
    """So what it calls is reached through the origin, behind the key; and no other clock is rendered."""
    found = rendered("cloud-run", scheduler="database")

    assert "scheduler.sql" in found
    assert "scheduler.sh" not in found
    assert "internal-and-cloud-load-balancing" in found["services/run-payouts.yaml"]
    assert "/functions/v1/run-payouts\n" in found["routes/url-map.yaml"]


def test_some_functions_leave_the_others_what_they_may_read(rendered: Render) -> None:
    """A secret's whole policy is set only where all its readers are known."""
    some, every = (rendered("cloud-run", "each", *names)["accounts.sh"] for names in (("run-payouts",), ()))

    assert "add-iam-policy-binding supabase-secret-key" in some
    assert "set-iam-policy" not in some
    assert "set-iam-policy supabase-secret-key" in every


def test_what_is_only_read_needs_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a fresh clone; what is applied does."""
    monkeypatch.setenv("PODMAN", "no-such-podman")

    assert pinned_image(None, is_read_only=True).endswith("@sha256:" + "0" * 64)
    with pytest.raises(SystemExit, match="`make image` builds it"):
        pinned_image(None)


def test_ffmpeg_goes_to_the_one_function_that_runs_it(rendered: Render) -> None:
    """And to the one container, if asked."""
    other = f"registry.test/recording@sha256:{'b' * 64}"
    each, one = (rendered("kubernetes", shape, recording_image=other) for shape in ("each", "one"))

    assert ["services/process-recording.yaml"] == [path for path, text in each.items() if other in text]
    assert other in one["services/functions.yaml"]


def test_what_the_readme_says_can_be_typed(tmp_path: Path) -> None:
    """Each command as it stands; those that render are carried out."""
    section = (ROOT / "README.md").read_text().partition("## Deploying")[2].partition("\n## ")[0]
    typed = [
        line.partition("#")[0].strip() for line in section.splitlines() if line.startswith("python -m deploy")
    ]

    assert len(typed) >= 7
    assert len(section.strip().splitlines()) <= 25
    for line in typed:
        said = commands().parse_args(shlex.split(line)[3:])
        if said.command == "render":
            said.into = str(tmp_path / said.to)
            said.do(said)
            assert (tmp_path / said.to / "README.md").exists()
    assert {"cloud-run", "kubernetes", "compose"} == {path.name for path in tmp_path.iterdir()}
