"""How files travel: as they are, to where they were sent, and within a time for each part."""

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.storage.carrier import PART_BYTES, Lost, Stream, open_stream, send
from tests.shared.conftest import Environment

PATIENCE_S = 2.0
DATA = bytes(range(256)) * (5 * PART_BYTES // 2 // 256)


class Handler(BaseHTTPRequestHandler):
    """Answers by the path it is asked for, and remembers what it was sent."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str], bytes]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.seen.append((self.path, dict(self.headers), body))
        getattr(self, self.path.strip("/"))()

    do_PATCH = do_GET  # noqa: N815 (the base class asks for it)

    def log_message(self, *_: object) -> None:
        pass

    def whole(self) -> None:
        self._answer(200, DATA)

    def packed(self) -> None:
        self._answer(200, gzip.compress(b"packed"), ("content-encoding", "gzip"))

    def moved(self) -> None:
        self._answer(302, b"", ("location", "/whole"))

    def cut(self) -> None:
        self._answer(200, DATA[:PART_BYTES], length=len(DATA))
        self.close_connection = True

    def slow(self) -> None:
        self._answer(200, b"", length=4 * PART_BYTES)
        for _ in range(4):
            time.sleep(PATIENCE_S * 0.4)
            self.wfile.write(b"x" * PART_BYTES)

    def _answer(self, status: int, body: bytes, *headers: tuple[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in (*headers, ("content-length", str(len(body) if length is None else length))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving(
    tls: ssl.SSLContext | None = None,
) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    handler = type("Remembering", (Handler,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", handler.seen
        server.shutdown()


@pytest.fixture
def url() -> Iterator[str]:
    with serving() as (url, _):
        yield url


async def open_at(url: str) -> Stream:
    return await open_stream("GET", url, {}, timeout_s=PATIENCE_S)


async def test_a_stream_comes_in_parts(url: str) -> None:
    """Each of a MiB, and the rest."""
    stream = await open_at(f"{url}/whole")
    parts = [bytes(part) async for part in stream.parts()]
    await stream.close()

    assert b"".join(parts) == DATA
    assert [len(part) for part in parts] == [PART_BYTES, PART_BYTES, PART_BYTES // 2]


async def test_what_is_sent_arrives_as_it_is() -> None:
    """The bytes, our headers, and none that asks for another form of the answer."""
    with serving() as (url, seen):
        reply = await send("PATCH", f"{url}/whole", {"upload-offset": "5"}, bytearray(DATA), timeout_s=10)

    ((_, headers, body),) = seen
    assert (reply.status, reply.body, body) == (200, DATA, DATA)
    assert headers["Upload-Offset"] == "5"
    assert headers["Content-Length"] == str(len(DATA))
    assert "Accept-Encoding" not in headers


async def test_nothing_is_unpacked(url: str) -> None:
    """A hash is of the bytes that are held."""
    stream = await open_at(f"{url}/packed")

    assert gzip.decompress(await stream.read_all()) == b"packed"


async def test_no_redirect_is_followed() -> None:
    """Our key goes to the host it is for."""
    with serving() as (url, seen):
        reply = await send("GET", f"{url}/moved", {}, timeout_s=PATIENCE_S)
        stream = await open_at(f"{url}/moved")
        await stream.close()

    assert (reply.status, stream.status) == (302, 302)
    assert [path for path, *_ in seen] == ["/moved", "/moved"]


async def test_half_an_answer_is_lost(url: str) -> None:
    """Its end is not taken for the end."""
    stream = await open_at(f"{url}/cut")

    with pytest.raises(Lost):
        await stream.read_all()
    with pytest.raises(Lost):
        await send("GET", f"{url}/cut", {}, timeout_s=PATIENCE_S)


async def test_each_part_has_its_time(url: str) -> None:
    """A stream may take longer than its timeout, as long as every MiB comes in it; a whole answer may not."""
    stream = await open_at(f"{url}/slow")

    assert len(await stream.read_all()) == 4 * PART_BYTES
    with pytest.raises(Lost):
        await send("GET", f"{url}/slow", {}, timeout_s=PATIENCE_S)


async def test_nobody_is_taken_to_a_proxy(url: str, environment: Environment) -> None:
    """Whatever the machine's environment says."""
    environment(
        http_proxy="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9"
    )

    assert (await send("GET", f"{url}/whole", {}, timeout_s=10)).status == 200


async def test_a_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    """The server answers, but only those who look away."""
    with serving(self_signed(tmp_path)) as (url, seen):
        async with httpx.AsyncClient(verify=False) as blind:  # noqa: S501 (to see that somebody answers)
            assert (await blind.get(f"{url}/whole")).status_code == 200
        with pytest.raises(Lost):
            await send("GET", f"{url}/whole", {}, timeout_s=10)
        with pytest.raises(Lost):
            await open_at(f"{url}/whole")

    assert len(seen) == 1


def self_signed(folder: Path) -> ssl.SSLContext:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]),
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
