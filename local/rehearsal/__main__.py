"""The acts of the rehearsal, in order; the first thing that is not as it must be ends it."""

import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from deploy.commit import commit
from deploy.functions import ROOT, functions
from deploy.image import IMAGE, assemble
from local import demo
from local.config import NODE, free_base
from local.demo_cast import StandIns, sign_in
from local.node import NODE_BINARY, environment
from local.stack import Stack

from .engine import Container, Engine
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


def main() -> None:
    """Play all of it."""
    began = time.monotonic()
    KEPT.mkdir(parents=True, exist_ok=True)
    engine = Engine(KEPT)
    now = commit()
    act("The image")
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
        ports = [base + 60 + place for place in range(10)]
        origin = f"http://127.0.0.1:{base + 50}"
        at = {"SUPABASE_URL": origin, "FUNCTIONS_URL": f"{origin}/functions/v1", "PAGES_URL": origin}
        stack = Stack(
            Path(folder), port=base, seed=True, env={**at, "SITE_URL": origin, "FUNCTIONS_AT": origin}
        )
        caddy = Origin(KEPT, base + 50, f"http://127.0.0.1:{base}")
        caddy.start(ports[0], ports[1])
        closing.callback(caddy.stop)
        closing.enter_context(stack)
        env = stack.env
        # As functions reach a hosted project: at its own address, and not by our gateway, which is made anew meanwhile.
        inside = {**env, "SUPABASE_URL": f"http://127.0.0.1:{base}"}
        everything = granted(inside, *functions())

        act("One container for all, with ffmpeg and the scheduler inside, read-only, as nobody, 512 MiB")
        one = engine.start("all-now", image, ports[0], {**everything, "SCHEDULER": "1"}, "--memory", "512m")
        closing.callback(one.remove)
        look(one, now)
        tell_story(env, Path(folder))
        at_work = len(one.processes()) - 2
        seen(f"after the story {at_work} functions have a process; all of it weighs {one.pss_mb():.0f} MB")

        died = [line for line in one.lines() if line.get("code") in ("died", "blocked")]
        must(not died, "none of them has died" + (f": {died[:3]}" if died else ""))

        caller = sign_in(env, "CLIENT")
        headers = {**caller.api.client.options.headers, "content-type": "application/json"}
        act("Killed")
        kill(engine, one, origin, dict(headers))
        act("Forward to another revision under load, and back")
        switch(engine, origin, dict(headers), one, before, {**everything, "SCHEDULER": "1"}, ports)
        act("256 MiB")
        small(engine, caddy, origin, dict(headers), image, everything, ports)
        act("Five services of the same digest, the rest in one container")
        five(engine, caddy, env, inside, Path(folder), slim, everything, ports)
        for name in ("all-now", "all-before", "all-small", "all-rest", *SERVICES):
            engine.remove(name)
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


def granted(env: dict[str, str], *names: str) -> dict[str, str]:
    """What these functions are granted, and nothing else; ffmpeg is where the image has it."""
    wanted = {setting for name in names for setting in functions()[name].settings} - {"FFMPEG_PATH"}
    return {name: env[name] for name in wanted if env.get(name)}


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


def tell_story(env: dict[str, str], state: Path) -> None:
    """A waiver, a room and a recording by supabase-js, unmodified; then the demo's whole story."""
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
    demo.main(state)
    seen(f"the demo's story, told in {time.monotonic() - began:.0f} s")


def kill(engine: Engine, one: Container, origin: str, headers: dict[str, str]) -> None:
    """Functions' processes, the router, the whole container; each while others call."""
    first = int(one.state(".State.Pid"))
    children = [pid for pid, parent in one.processes().items() if parent == first]
    with Load(origin, headers, READ) as load:
        time.sleep(2)
        for pid in children:
            with suppress(ProcessLookupError):  # idle, it has just been let go
                os.kill(pid, signal.SIGKILL)
        time.sleep(3)
    wrong = sum(count for said, count in load.seen.items() if said != "200")
    must(wrong <= len(children) * 3, f"all its {len(children)} processes killed, router too; of {load}")
    with Load(origin, headers, READ) as load:
        time.sleep(2)
    must(set(load.seen) == {"200"}, f"right after that, of {load}")
    began = time.monotonic()
    engine.run("kill", one.name)
    engine.run("start", one.name)
    one.await_health()
    seen(f"the whole container killed and started: it answers again after {time.monotonic() - began:.1f} s")


def switch(
    engine: Engine,
    origin: str,
    headers: dict[str, str],
    one: Container,
    before: str,
    env: dict[str, str],
    ports: list[int],
) -> None:
    """The other revision beside it; this one drained, so that Caddy leads there; then the same the other way round."""
    with Load(origin, headers, READ) as load:
        time.sleep(1)
        other = engine.start("all-before", before, ports[1], env, "--memory", "512m")
        took, status = one.stop()
        time.sleep(2)
        engine.run("start", one.name)
        one.await_health()
        time.sleep(2)
        back, other_status = other.stop()
        time.sleep(1)
    must(set(load.seen) == {"200"}, f"there and back without one failure, of {load}")
    must(
        len(load.commits) == 2,
        f"answered by {' and '.join(each[:12] + '…' + each[-6:] for each in load.commits)}",
    )
    must(
        (status, other_status) == (0, 0) and took < 10 and back < 10,
        f"each drained and ended by itself, after {took:.1f} and {back:.1f} s, with status 0",
    )
    other.remove()


def small(
    engine: Engine,
    caddy: Origin,
    origin: str,
    headers: dict[str, str],
    image: str,
    env: dict[str, str],
    ports: list[int],
) -> None:
    """All functions in 256 MiB, asked all of them and then under load."""
    one = engine.start("all-small", image, ports[2], env, "--memory", "256m", "--memory-swap", "256m")
    caddy.lead(ports[2])
    names = tuple(
        name for name, each in functions().items() if "POST" in each.methods and "webhook" not in each.callers
    )
    with Load(origin, headers, names) as load:
        time.sleep(20)
    with Load(origin, headers, READ) as reads:
        time.sleep(5)
    must(set(reads.seen) == {"200"}, f"of {reads}")
    must(
        not {"502", "RemoteProtocolError", "ReadTimeout"} & set(load.seen), f"all functions at random: {load}"
    )
    must(
        one.state(".State.OOMKilled") == "false",
        f"{len(one.processes())} processes weigh {one.pss_mb():.0f} MB of 256",
    )
    died = [line for line in one.lines() if line.get("code") in ("died", "blocked")]
    must(not died, "no process was killed" + (f": {died[:3]}" if died else ""))
    caddy.lead(ports[0])
    one.remove()


def five(
    engine: Engine,
    caddy: Origin,
    env: dict[str, str],
    inside: dict[str, str],
    folder: Path,
    slim: str,
    everything: dict[str, str],
    ports: list[int],
) -> None:
    """Each with its own settings alone; the story again, and what each weighs."""
    own = dict(zip(SERVICES, ports[3:8], strict=True))
    services = {}
    for name, port in own.items():
        target = {"FUNCTION_TARGET": functions()[name].target}
        services[name] = engine.start(
            name,
            slim,
            port,
            {**granted(inside, name), **target},
            "--memory",
            functions()[name].memory.replace("Mi", "m"),
        )
    caddy.lead(ports[0], own=own)
    tell_story(env, folder)
    for name, service in services.items():
        called = [line for line in service.lines() if line.get("request_id")]
        must(
            bool(called),
            f"{name}: {len(called)} requests, up in {service.started_s:.1f} s, {service.pss_mb():.0f} MB",
        )
        took, status = service.stop()
        must(status == 0 and took < 10, f"{name} ended with 0 after {took:.1f} s")


if __name__ == "__main__":
    main()
