"""The acts of the rehearsal, in order; the first thing that is not as it must be ends it."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.commit import commit
from deploy.environment import Environment
from deploy.functions import ROOT, functions
from deploy.image import IMAGE, assemble
from deploy.render.secrets import files as secret_files
from deploy.rollout.podman import Machine
from deploy.rollout.shell import Shell
from deploy.services import ALL, Service, services
from local import demo
from local.config import NODE, free_base
from local.demo_cast import StandIns, sign_in
from local.node import NODE_BINARY, environment
from local.stack import Stack

from .engine import Container, Engine, podman_variables
from .load import Load
from .origin import Origin

KEPT = ROOT / ".local" / "rehearsal"
SERVICES = (
    "get-liability-waiver-status",
    "create-liability-waiver",
    "book-session-with-credit",
    "manage-session",
    "send-notifications",
)
READ = ("get-liability-waiver-status", "check-session-credits", "get-consent-status")
STORY_S = 240


@dataclass
class Scene:
    """What the acts have in common."""

    engine: Engine
    here: Environment
    origin: Origin
    stack: Stack
    image: str
    ports: Sequence[int]  # each with the next one, which is nobody else's

    @property
    def env(self) -> dict[str, str]:
        return self.stack.env

    @property
    def everything(self) -> dict[str, str]:
        """What all functions are granted."""
        return self.granted(*functions())

    def granted(self, *names: str) -> dict[str, str]:
        """What these functions are granted, and nothing else; ffmpeg is where the image has it.

        They reach the project at its own address, as a hosted one, and not by our gateway, which is started anew.
        """
        env = {**self.env, "SUPABASE_URL": self.here.supabase}
        wanted = {setting for name in names for setting in functions()[name].settings} - {"FFMPEG_PATH"}
        return {name: env[name] for name in wanted if env.get(name)}

    def under_load(self, names: Sequence[str] = READ) -> Load:
        """Callers who are signed in and do not stop."""
        headers = {
            **sign_in(self.env, "CLIENT").api.client.options.headers,
            "content-type": "application/json",
        }
        return Load(self.here.origin, dict(headers), tuple(names))

    def together(self, port: int, *, but: Sequence[str] = ()) -> Service:
        """All functions, or all but some, as one container."""
        return together(self.here, self.image, port, but)


def main() -> None:
    """Play all of it."""
    began = time.monotonic()
    KEPT.mkdir(parents=True, exist_ok=True)
    variables = podman_variables(KEPT)
    print("  $ export", *(f"{name}={path}" for name, path in variables.items()), flush=True)
    os.environ |= variables
    engine = Engine(KEPT)
    act("The image")
    now = commit()
    other = f"before{now[6:]}"
    before = engine.build("recording", other, assemble(IMAGE, other))
    assemble(IMAGE, now)
    image = engine.build("recording", now, IMAGE)
    slim = engine.build("functions", now, IMAGE)
    for each in (slim, image):
        size = int(engine.run("image", "inspect", "--format", "{{.Size}}", each, shown=False)) / 1e6
        seen(f"{each}: {size:.0f} MB with its base")

    with ExitStack() as closing, tempfile.TemporaryDirectory(prefix="rehearsal-") as folder:
        Path(folder).chmod(0o711)
        base = free_base()
        ports = range(base + 60, base + 100, 2)
        at = f"http://127.0.0.1:{base + 50}"
        # The database's clock, since the scheduled functions are to be reached through the gateway as well.
        here = Environment(
            name="rehearsal", origin=at, supabase=f"http://127.0.0.1:{base}", site=at, scheduler="database"
        )
        origin = Origin(KEPT, here)
        closing.callback(origin.stop)
        origin.lead([together(here, image, ports[0])])
        told = {"SUPABASE_URL": at, "FUNCTIONS_URL": f"{at}/functions/v1", "PAGES_URL": at, "SITE_URL": at}
        stack = Stack(Path(folder), port=base, seed=True, env={**told, "FUNCTIONS_AT": at})
        closing.enter_context(stack)
        closing.callback(engine.remove_all)
        scene = Scene(engine, here, origin, stack, image, ports)

        act("One container for all, with ffmpeg and the scheduler inside, read-only, as nobody, 512 MiB")
        one = engine.start(
            "all-now", image, ports[0], {**scene.everything, "SCHEDULER": "1"}, "--memory", "512m"
        )
        look(one, now)
        tell_story(scene)
        at_work = len(one.processes()) - 2
        seen(f"after the story {at_work} functions have a process; all of it weighs {one.pss_mb():.0f} MB")
        must_have_lived(one)

        act("Killed")
        kill(scene, one)
        one.remove()
        act("Rolled out: forward to another revision under load, and back")
        roll_out(scene, before, ports[1])
        act("256 MiB")
        small(scene, ports[2])
        act("Five services of the same digest, the rest in one container")
        five(scene, slim, ports[3], ports[4:])
    print(f"\nRehearsed in {time.monotonic() - began:.0f} s.", flush=True)


def act(title: str) -> None:
    print(f"\n{title}", flush=True)


def seen(sentence: str) -> None:
    print(f"  ✓ {sentence}", flush=True)


def must(is_so: bool, sentence: str) -> None:
    """Say that it is so, or end."""
    if not is_so:
        raise SystemExit(f"  ✗ {sentence}")
    seen(sentence)


def must_have_lived(one: Container) -> None:
    """No process of it fell over, was blocked or, for want of memory, killed."""
    died = [line for line in one.lines() if line.get("code") in ("died", "blocked")]
    must(not died, "none of its processes was killed or fell over" + (f": {died[:3]}" if died else ""))


def together(here: Environment, image: str, port: int, but: Sequence[str] = ()) -> Service:
    """The one container, as it is rendered, at a port of the rehearsal's own."""
    wanted = [each for each in functions().values() if each.name not in but]
    (service,) = services(wanted, here, "compose", image, "one")
    return replace(service, port=port)


def look(one: Container, now: str) -> None:
    """What it says of itself, and what it may do."""
    health = one.await_health()
    must(
        health["commit"] == now,
        f"it answered after {one.started_s:.1f} s; /healthz says {health['commit'][:12]}",
    )
    must(health["not_served"] == [], f"it serves all {health['functions']} functions")
    must("holds every secret" in one.logs(), "its log says that it holds every secret")
    status = Path(f"/proc/{one.state('.State.Pid')}/status").read_text()
    uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
    rights = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    must((uid, int(rights, 16)) == ("65534", 0), "it runs as nobody, without any right")
    tried = "import pathlib; pathlib.Path('/app/x').touch()"
    script = f"try:\n exec({tried!r})\nexcept OSError as error: print(error.errno)"
    must(
        one.engine.run("exec", one.name, "python", "-c", script, shown=False) in ("30", "13"),
        "it can write nothing",
    )
    must(
        one.engine.run("exec", one.name, "ls", "/opt/ffmpeg", shown=False).split()
        == ["LICENSE", "SOURCE", "ffmpeg"],
        "ffmpeg lies beside its licence and where its source is",
    )


def tell_story(scene: Scene) -> None:
    """A waiver, a room and a recording by supabase-js, unmodified; then the demo's whole story."""
    env = scene.env
    began = time.monotonic()
    names = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY")
    script = subprocess.Popen(
        [str(NODE_BINARY), "tests/supabase_js/waiver_and_recording.mjs"],
        cwd=ROOT,
        env=environment(NODE_FOLDER=f"{NODE}/", **{name: env[name] for name in names}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stand_ins = StandIns(env)
    until = time.monotonic() + STORY_S
    while script.poll() is None and time.monotonic() < until:
        stand_ins.run("reconcile-recordings")
        stand_ins.run("process-recording")
        time.sleep(0.5)
    script.kill()
    said = script.communicate()[0]
    must(
        script.returncode == 0,
        f"supabase-js through {env['SUPABASE_URL']}" + (f":\n{said}" if script.returncode else ""),
    )
    facts = {line["fact"]: line["value"] for line in map(json.loads, said.splitlines())}
    must(
        facts["signed"]["body"]["success"] and facts["nobody asks"]["body"]["code"] == "not_signed_in",
        f"{len(facts)} facts as supabase-js has them: a waiver, a room, a recording; {time.monotonic() - began:.0f} s",
    )
    began = time.monotonic()
    demo.main(scene.stack.state)
    seen(f"the demo's story, told in {time.monotonic() - began:.0f} s")


def kill(scene: Scene, one: Container) -> None:
    """Functions' processes, the router, the whole container; each while others call."""
    first = int(one.state(".State.Pid"))
    children = [pid for pid, parent in one.processes().items() if parent == first]
    with scene.under_load() as load:
        time.sleep(2)
        for pid in children:
            with suppress(ProcessLookupError):  # idle, it has just been let go
                os.kill(pid, signal.SIGKILL)
        time.sleep(3)
    wrong = sum(count for said, count in load.seen.items() if said != "200")
    must(wrong <= len(children) * 3, f"all its {len(children)} processes killed, router too; of {load}")
    with scene.under_load() as load:
        time.sleep(2)
    must(set(load.seen) == {"200"}, f"right after that, of {load}")
    began = time.monotonic()
    scene.engine.run("kill", one.name)
    scene.engine.run("start", one.name)
    one.await_health()
    seen(f"the whole container killed and started: it answers again after {time.monotonic() - began:.1f} s")


def roll_out(scene: Scene, before: str, port: int) -> None:
    """As `apply` and `rollback` do it, on podman's bridge; nobody who calls meanwhile notices."""
    engine, inside = scene.engine, scene.engine.bridge()
    # What is on the bridge reaches the stack by the gateway, since the stack listens on this machine alone.
    given = {**scene.everything, "SUPABASE_URL": f"http://{inside}:{port + 20}"}
    given.pop("SUPABASE_REST_URL", None)
    secrets = {name for each in functions().values() for name in each.secrets} & given.keys()
    settings = {name: value for name, value in given.items() if name not in secrets}
    here = scene.here.model_copy(update={"settings": settings, "secrets": tuple(sorted(secrets))})
    older, newer = (replace(together(here, image, port), memory="512Mi") for image in (before, scene.image))
    script = secret_files("compose", [newer], here)["secrets.sh"]
    subprocess.run(["/bin/sh", "-c", script], check=True, env={**os.environ, **given}, capture_output=True)
    machine = Machine(here, Shell(KEPT))
    machine.apply(older, None)
    scene.origin.lead([newer], inside=(inside, port + 20))
    with scene.under_load() as load:
        time.sleep(1)
        for turn in (machine.apply, lambda service, running: machine.rollback(service.name, running)):
            began = time.monotonic()
            turn(newer, machine.running()[ALL])
            seen(f"turned within {time.monotonic() - began:.1f} s")
            left = engine.run("inspect", "--format", "{{.State.ExitCode}}", f"{ALL}-before", shown=False)
            must(left == "0", "the one before came to its end by itself, with status 0")
            time.sleep(1)
    must(set(load.seen) == {"200"}, f"there and back without one failure, of {load}")
    must(
        len(load.commits) == 2,
        f"answered by {' and '.join(each[:12] + '…' + each[-6:] for each in load.commits)}",
    )


def small(scene: Scene, port: int) -> None:
    """All functions in 256 MiB, asked all of them and then under load."""
    limits = ("--memory", "256m", "--memory-swap", "256m")
    one = scene.engine.start("all-small", scene.image, port, scene.everything, *limits)
    scene.origin.lead([scene.together(port)])
    names = [
        name
        for name, each in functions().items()
        if "POST" in each.methods and "webhook" not in each.callers and (each.is_open or each.schedule)
    ]
    with scene.under_load(names) as load:
        time.sleep(20)
    with scene.under_load() as reads:
        time.sleep(5)
    must(set(reads.seen) == {"200"}, f"of {reads}")
    must(
        not {"502", "RemoteProtocolError", "ReadTimeout"} & set(load.seen), f"all functions at random: {load}"
    )
    must(
        one.state(".State.OOMKilled") == "false",
        f"{len(one.processes())} processes weigh {one.pss_mb():.0f} MB of 256",
    )
    must_have_lived(one)
    one.remove()


def five(scene: Scene, slim: str, rest: int, ports: Sequence[int]) -> None:
    """Each with its own settings alone; the story again, and what each weighs."""
    everything = {**scene.everything, "SCHEDULER": "1"}
    scene.engine.start("all-rest", scene.image, rest, everything, "--memory", "512m")
    running, led = {}, [scene.together(rest, but=SERVICES)]
    for name, port in zip(SERVICES, ports, strict=False):
        granted = scene.granted(name)
        here = scene.here.model_copy(update={"secrets": tuple(granted)})
        (service,) = services([functions()[name]], here, "compose", slim, "each")
        led.append(replace(service, port=port))
        memory = service.memory.replace("Mi", "m")
        target = {"FUNCTION_TARGET": functions()[name].target}
        running[name] = scene.engine.start(name, slim, port, {**granted, **target}, "--memory", memory)
    scene.origin.lead(led)
    tell_story(scene)
    for name, container in running.items():
        called = [line for line in container.lines() if line.get("request_id")]
        must(
            bool(called),
            f"{name}: {len(called)} requests, up in {container.started_s:.1f} s, {container.pss_mb():.0f} MB",
        )
        took, status = container.stop()
        must(status == 0 and took < 10, f"{name} ended with 0 after {took:.1f} s")


if __name__ == "__main__":
    main()
