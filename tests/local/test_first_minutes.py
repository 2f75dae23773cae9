"""What somebody meets in the first minutes: ports that are taken, a folder that moved, a network that reads along."""

import datetime as dt
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import venv
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.functions import ROOT
from local import install, ports
from local.config import DEFAULT_PORT, Port, free_base
from local.node import NODE_BINARY
from local.trust import NAMES, trusted

PROGRAMS = Path(sys.executable).parent


def run(*words: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


# Ports


@pytest.mark.parametrize("word", ["80", "1023", "65437", "99999999", "-1", "abc", "²"])
def test_a_port_that_will_not_do_is_refused_in_words(tmp_path: Path, word: str) -> None:
    """And nothing is made."""
    said = run(sys.executable, "-m", "local", "up", f"--port={word}", "--state", tmp_path / "state")

    assert said.returncode == 1
    assert f"PORT={word} will not do" in said.stderr and "Traceback" not in said.stderr
    assert not (tmp_path / "state").exists()


def test_a_stack_whose_ports_are_taken_goes_to_the_next_block_and_stays_there(states: Path) -> None:
    state, base = states / "elsewhere", free_base()
    state.mkdir()
    ports.keep_port(state, base)
    place = ["--state", state]
    try:
        with socket.create_server(("127.0.0.1", base + Port.REST)):
            said = run(sys.executable, "-m", "local", "up", *place)
            refused = run(sys.executable, "-m", "local", "up", *place, "--port", str(base))

        assert said.returncode == 0, said.stderr
        moved = ports.kept_port(state)
        assert f"Port {base + Port.REST} is taken by process {os.getpid()}" in said.stdout
        assert f"So this stack is at {moved} from now on." in said.stdout
        assert f"Open http://127.0.0.1:{moved} in" in said.stdout
        # Whoever says a port means that one.
        assert refused.returncode == 1
        assert "End that, or choose others: make up PORT=25000" in refused.stderr

        # It was stopped for that; the demo starts it where it was, and plays.
        with subprocess.Popen(
            [sys.executable, "-m", "local", "demo", *map(str, place)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        ) as demo:
            assert demo.stdout
            assert any("client and the practitioner sign in" in line for line in demo.stdout)
            demo.terminate()
        assert httpx.get(f"http://127.0.0.1:{moved}/").json()["silent"] == []
    finally:
        run(sys.executable, "-m", "local", "down", *place)


def test_a_block_that_was_said_for_another_stack_is_left_to_it(tmp_path: Path) -> None:
    first = ports.next_block(tmp_path)
    assert first
    (tmp_path / str(first)).mkdir()

    with socket.create_server(("127.0.0.1", first + ports.BLOCK + Port.GATEWAY)):
        second = ports.next_block(tmp_path)

    assert second and second > first + ports.BLOCK
    assert ports.kept_port(tmp_path) == DEFAULT_PORT


# The Python, and the folder


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with a virtual environment, and a program in that which names its place."""
    folder = tmp_path / "clone"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    venv.create(folder / ".venv", symlinks=True)
    program = folder / ".venv" / "bin" / "program"
    program.write_text(f"#!{folder}/.venv/bin/python\nimport sys; print(sys.prefix)\n")
    program.chmod(0o755)
    config = folder / ".venv" / "pyvenv.cfg"  # venv.create leaves out what `python -m venv` writes
    kept = [line for line in config.read_text().splitlines() if not line.startswith("command")]
    config.write_text("\n".join([*kept, f"command = {sys.executable} -m venv {folder}/.venv", ""]))
    return folder


def test_the_python_of_the_first_make_is_that_of_the_next(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHON", raising=False)  # as `make test PYTHON=…` leaves it
    config = (clone / ".venv" / "pyvenv.cfg").read_text()
    (executable,) = re.findall(r"^executable = (.+)$", config, re.MULTILINE)
    environment = {**dict.fromkeys(("MAKEFLAGS", "MFLAGS"), ""), "MAKELEVEL": "0"}

    assert run("make", "-n", "test", cwd=clone, **environment).stdout.startswith(
        f"{executable} local/install.py"
    )
    named = run("make", "-n", "test", "PYTHON=python3.99", cwd=clone, **environment)
    assert named.stdout.startswith("python3.99 local/install.py")
    shutil.rmtree(clone / ".venv")
    assert run("make", "-n", "test", cwd=clone, **environment).stdout.startswith("python3 local/install.py")


def test_another_python_than_that_of_the_environment_makes_it_anew(clone: Path) -> None:
    assert install._has_this_python(clone / ".venv")
    (clone / ".venv" / "bin" / f"python3.{sys.version_info.minor}").unlink()
    assert not install._has_this_python(clone / ".venv")


def test_programs_follow_a_folder_that_was_moved(clone: Path) -> None:
    moved = clone.rename(clone.with_name("moved"))
    with pytest.raises(FileNotFoundError):
        run(moved / ".venv" / "bin" / "program")

    install._follow(moved / ".venv")

    assert run(moved / ".venv" / "bin" / "program").stdout == f"{moved}/.venv\n"
    before = (moved / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    install._follow(moved / ".venv")
    assert (moved / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == before


def test_an_environment_that_lies_elsewhere_is_left_alone(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".venv").symlink_to(clone / ".venv")

    install._follow(tmp_path / "other" / ".venv")

    assert run(clone / ".venv" / "bin" / "program").returncode == 0


# Certificates


class Nothing(BaseHTTPRequestHandler):
    """An index without packages."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An address as a network that inspects TLS shows it, and the certificate that this network signs with."""
    folder = tmp_path_factory.mktemp("inspected")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Inspecting network")])
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def sign(subject: x509.Name, public: ec.EllipticCurvePublicKey, is_authority: bool) -> bytes:
        now = dt.datetime.now(dt.UTC)
        # By a name: the pip that comes with 3.13.0 stumbles over an address before it looks at the certificate.
        address = x509.DNSName("localhost")
        usage = x509.KeyUsage(not is_authority, *[False] * 4, is_authority, is_authority, False, False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        if is_authority:
            builder = builder.add_extension(identifier, critical=False)
        else:
            builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
            builder = builder.add_extension(issuer, critical=False)
        return builder.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM)

    (folder / "authority.pem").write_bytes(sign(name, authority.public_key(), True))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "own.pem").write_bytes(private + sign(own, key.public_key(), False))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Nothing)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"https://localhost:{server.server_port}", folder / "authority.pem"
    server.shutdown()
    server.server_close()


CALLS = {
    "pip": [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-cache-dir",
        "--retries=0",
        "x-y-z",
        "--index-url",
    ],
    "uv": [
        PROGRAMS / "uv",
        "pip",
        "install",
        "--python",
        sys.executable,
        "--dry-run",
        "--no-cache",
        "x-y-z",
        "--default-index",
    ],
    "node": [
        NODE_BINARY,
        "-e",
        "fetch(process.argv[1]).then(r => console.log(r.status), e => console.log(e.cause.code))",
    ],
}


@pytest.mark.parametrize("tool", CALLS)
@pytest.mark.parametrize("is_trusted", [True, False])
def test_each_tool_trusts_what_the_system_does(
    inspected: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str, is_trusted: bool
) -> None:
    """With `make` they find the way through; by themselves they do not, which is what somebody met."""
    for name in (*NAMES, "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    address, authority = inspected
    env = {"PIP_CONFIG_FILE": os.devnull, "HOME": str(tmp_path), "PIP_FIND_LINKS": ""}
    monkeypatch.setattr("local.trust.BUNDLES", (str(authority),))

    said = run(*CALLS[tool], address, cwd=tmp_path, **env, **(trusted() if is_trusted else {}))

    words = said.stdout + said.stderr
    is_refused = re.search(r"CERTIFICATE_VERIFY|UnknownIssuer|SIGNATURE|certificate", words) is not None
    assert is_refused is not is_trusted, words


def test_what_somebody_named_goes_before_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("local.trust.BUNDLES", (str(tmp_path / "no such file"),))
    assert trusted() == {}

    (named := tmp_path / "named.pem").touch()
    assert set(trusted(str(named)).values()) == {str(named)}
    monkeypatch.setenv("PIP_CERT", str(named))
    assert set(trusted().values()) == {str(named)}
