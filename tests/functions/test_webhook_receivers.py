"""Where deliveries may go: to the public internet, however an address is written and whoever answers for a name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.outside import client_over
from shared.receivers import Address, ReceiverRefused, ToReceivers, is_public

# Every spelling of an address that must not be reached, and why it is not.
REFUSED = {
    "http://127.0.0.1/": "address_not_public",
    "http://127.1/": "address_not_public",
    "http://2130706433/": "address_not_public",
    "http://0x7f000001/": "address_not_public",
    "http://0x7f.1/": "address_not_public",
    "http://017700000001/": "address_not_public",
    "https://127.0.0.1:8443/": "address_not_public",
    "https://0/": "address_not_public",
    "https://localhost/": "address_not_public",
    "https://LOCALHOST:443/": "address_not_public",
    "https://127。0。0。1/": "address_not_public",
    "https://[::1]/": "address_not_public",
    "https://[0:0:0:0:0:0:0:1]:8443/": "address_not_public",
    "https://[::]/": "address_not_public",
    "https://[::ffff:127.0.0.1]/": "address_not_public",
    "https://[::ffff:7f00:1]/": "address_not_public",
    "https://[::127.0.0.1]/": "address_not_public",
    "https://[64:ff9b::127.0.0.1]/": "address_not_public",
    "https://[64:ff9b::a00:1]/": "address_not_public",
    "https://[64:ff9b:1::808:808]/": "address_not_public",
    "https://[2002:7f00:1::]/": "address_not_public",
    "https://[2002:c0a8:101::1]/": "address_not_public",
    "https://[fe80::1]/": "address_not_public",
    "https://[fc00::1]/": "address_not_public",
    "https://[fd12:3456::1]/": "address_not_public",
    "https://[fec0::1]/": "address_not_public",
    "https://[ff02::1]/": "address_not_public",
    "https://[2001:db8::1]/": "address_not_public",
    "https://[3fff::1]/": "address_not_public",
    "https://[2001::1]/": "address_not_public",
    "https://10.1.2.3/": "address_not_public",
    "https://172.16.0.1/": "address_not_public",
    "https://192.168.1.1/": "address_not_public",
    "https://169.254.169.254/latest/meta-data/": "address_not_public",
    "https://100.64.0.1/": "address_not_public",
    "https://224.0.0.1/": "address_not_public",
    "https://255.255.255.255/": "address_not_public",
    "https://0.0.0.0/": "address_not_public",
    "https://198.18.0.1/": "address_not_public",
    "https://user@127.0.0.1/": "password_in_address",
    "https://1.1.1.1@127.0.0.1/": "password_in_address",
    "https://1.1.1.1:80@127.0.0.1/": "password_in_address",
    "https://1.1.1.1\\@127.0.0.1/": "password_in_address",
    "http://1.1.1.1/": "not_encrypted",
    "https://a-name-that-is-none.invalid/": "name_not_found",
    f"https://{'a' * 64}.example/": "name_not_found",
}
# Some systems resolve these to this machine and some do not; neither gets anywhere. The last ones are no addresses.
REFUSED_EITHER_WAY = [
    "https://localhost./",
    "https://127.0.0.1./",
    "https://[fe80::1%25lo]/",
    "https://0177.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127.0.0.1\t/",
    "https://[::1/",
    "https:///",
]


class Nobody(httpx.AsyncBaseTransport):
    """Remembers where it was sent, and goes nowhere."""

    def __init__(self) -> None:
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return httpx.Response(302, headers={"location": "http://127.0.0.1/"})


class Names:
    """A name server whose answers to one name are these, one after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = [[ip_address(address) for address in answer] for answer in answers]
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked.append(host)
        return self.answers[len(self.asked) - 1]


@pytest.mark.parametrize(("url", "reason"), REFUSED.items(), ids=list(REFUSED))
async def test_no_spelling_of_an_inner_address_is_sent_to(url: str, reason: str) -> None:
    nobody = Nobody()
    async with client_over(ToReceivers(over=nobody)) as client:
        with pytest.raises(ReceiverRefused, match=reason):
            await client.post(url, content=b"{}")

    assert nobody.sent == []


@pytest.mark.parametrize("url", REFUSED_EITHER_WAY)
async def test_what_is_read_differently_here_and_there_is_not_sent_to(url: str) -> None:
    nobody = Nobody()
    async with client_over(ToReceivers(over=nobody)) as client:
        with pytest.raises((ReceiverRefused, httpx.InvalidURL, httpx.UnsupportedProtocol)):
            await client.post(url, content=b"{}")

    assert nobody.sent == []


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1"]
)
def test_public_addresses_are_public_in_every_form(address: str) -> None:
    assert is_public(ip_address(address))


async def test_the_address_that_was_judged_is_the_one_that_is_sent_to() -> None:
    """The name leads elsewhere when it is asked a second time; it is not asked. Nor is a redirect followed."""
    nobody, names = Nobody(), Names(["1.1.1.1"], ["127.0.0.1"])
    async with client_over(ToReceivers(over=nobody, resolve=names)) as client:
        reply = await client.post("https://rebinding.example:8443/hook?a=b", content=b"{}")

    (sent,) = nobody.sent
    assert (reply.status_code, names.asked) == (302, ["rebinding.example"])
    assert (str(sent.url), sent.headers["host"]) == (
        "https://1.1.1.1:8443/hook?a=b",
        "rebinding.example:8443",
    )
    assert sent.extensions["sni_hostname"] == "rebinding.example"


async def test_one_inner_address_among_public_ones_refuses_them_all() -> None:
    """Whichever of them would have been taken."""
    nobody = Nobody()
    async with client_over(ToReceivers(over=nobody, resolve=Names(["1.1.1.1", "10.0.0.1"]))) as client:
        with pytest.raises(ReceiverRefused, match="address_not_public"):
            await client.post("https://mixed.example/", content=b"{}")

    assert nobody.sent == []


async def test_loopback_is_allowed_by_the_setting_only_and_nothing_else_is() -> None:
    """It opens this machine, without TLS, and no other inner address."""
    nobody = Nobody()
    async with client_over(ToReceivers(over=nobody, is_loopback_allowed=True)) as client:
        await client.post("http://127.0.0.1:5000/", content=b"{}")
        for url in ("https://10.0.0.1/", "https://169.254.169.254/", "http://1.1.1.1/"):
            with pytest.raises(ReceiverRefused):
                await client.post(url, content=b"{}")

    assert [str(request.url) for request in nobody.sent] == ["http://127.0.0.1:5000/"]


async def test_certificate_and_server_name_stay_those_of_the_name(tmp_path: Path) -> None:
    """The connection goes to an address, and is trusted only if who is there proves to be the name."""
    trusted = ssl.create_default_context(cafile=str(certificate(tmp_path, "receiver.example")))
    async with tls_server(tmp_path) as (port, seen):
        over = ToReceivers(
            tls=trusted,
            resolve=Names(["::1", "127.0.0.1"], ["127.0.0.1"]),  # nobody is at the first address
            is_loopback_allowed=True,
        )
        async with client_over(over) as client:
            good = await client.post(f"https://receiver.example:{port}/", content=b"{}")
            with pytest.raises(httpx.ConnectError, match=r"not valid for 'another\.example'"):
                await client.post(f"https://another.example:{port}/", content=b"{}")

    assert good.status_code == 204
    assert seen == ["receiver.example", "another.example"]


def certificate(folder: Path, name: str) -> Path:
    """A certificate for a name, signed by itself, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem"


@asynccontextmanager
async def tls_server(folder: Path) -> AsyncIterator[tuple[int, list[str]]]:
    """A receiver that answers 204; its port, and the server names that it is asked for."""
    seen: list[str] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda _, name, __: seen.append(name)  # type: ignore[assignment]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], seen
