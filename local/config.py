"""Where one stack keeps its things, which ports it takes, and what it tells everybody else in `env`.

Everything secret is generated once, at first start, and kept in the state directory.
"""

import base64
import json
import os
import secrets
import socket
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, cached_property
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "local" / "node"
DEFAULT_PORT = 54321


class Port(IntEnum):
    """What listens where, counted from the origin's port."""

    GATEWAY = 0
    POSTGRES = 1
    REST = 2
    REST_ADMIN = 3
    SUPABASE = 4
    EMULATE = 5
    STRIPE = 6
    AGORA = 7
    S3 = 8
    MAIL = 9
    SMTP = 10
    CLAIM = 11  # answers nothing: listened on from the first moment, so that stacks that start at once find each other
    SAMPLE = 12
    FUNCTIONS = 20


@dataclass(frozen=True)
class Config:
    """One stack: a state directory and a block of ports."""

    state: Path
    base: int

    def port(self, part: Port) -> int:
        return self.base + part

    def url(self, part: Port = Port.GATEWAY) -> str:
        return f"http://127.0.0.1:{self.port(part)}"

    def logs(self) -> Path:
        return self.state / "log"

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The stack's secrets; made up and written down the first time anybody asks."""
        path = self.state / "secrets.json"
        kept = json.loads(path.read_text()) if path.exists() else {}
        known = {**_new_secrets(), **kept}
        # Here, because an RSA key takes too long to be made at every start and thrown away.
        if "BANKING_SEALING_PUBLIC_KEY" not in known:
            known |= new_banking_keys()
        if known != kept:
            write_private(path, json.dumps(known, indent=2) + "\n")
        return known

    @cached_property
    def signing_key(self) -> jwt.PyJWK:
        """The ES256 key that people's tokens are signed with; its public half is published. Tests sign with it too."""
        return jwt.PyJWK(json.loads(self.secrets["JWT_SIGNING_KEY"]))

    def role_token(self, role: str) -> str:
        """What the gateway puts in place of an opaque key."""
        claims = {"iss": "supabase", "role": role, "iat": 1_700_000_000, "exp": 4_000_000_000}
        return sign(claims, self.signing_key)

    def database_url(self, user: str = "postgres") -> str:
        password = self.secrets[f"{user}_password"]
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port(Port.POSTGRES)}/postgres"

    def env(self) -> dict[str, str]:
        """All that a function can be granted, and what people and tests need to get in."""
        handed_on = {name: value for name, value in self.secrets.items() if name.isupper()}
        return {
            "SUPABASE_URL": self.url(),
            "FUNCTIONS_URL": f"{self.url()}/functions/v1",
            "DATABASE_URL": self.database_url(),
            **handed_on,
            "AGORA_API_URLS": self.url(Port.AGORA),
            "AGORA_TOKEN_VERSION": "007",
            "RECORDING_S3_ENDPOINT": self.url(Port.S3),
            "RECORDING_S3_BUCKET": "agora-recordings",
            "RECORDING_S3_REGION": "us-east-1",
            "RECORDING_S3_VENDOR": "11",
            "RECORDING_S3_REGION_CODE": "0",
            "STRIPE_API_URL": self.url(Port.STRIPE),
            "POSTMARK_API_URL": self.url(Port.MAIL),
            "FFMPEG_PATH": _ffmpeg(),
            "PAGES_URL": self.url(),
            "MAIL_URL": self.url(Port.MAIL),
            "CALLS_TO_LOOPBACK": "yes",
            "SMTP_URL": f"smtp://127.0.0.1:{self.port(Port.SMTP)}",
        }


def sign(claims: dict[str, object], key: jwt.PyJWK) -> str:
    """A token as the auth server makes it."""
    return jwt.encode(claims, key.key, algorithm="ES256", headers={"kid": key.key_id})


@cache
def _ffmpeg() -> str:
    """The program that the video's stand-in makes its media with."""
    import imageio_ffmpeg  # type: ignore[import-untyped]

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, and never let half of it be seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.rename(path)


def free_base() -> int:
    """The first port of a block that nobody listens in, below those that systems lend to outgoing connections."""
    while True:
        base = 20_000 + 100 * secrets.randbelow(120)
        if not taken_ports(base):
            return base


def taken_ports(base: int) -> list[int]:
    """The ports of a block that somebody else holds."""
    return [base + part for part in Port if not _is_free(base + part)]


def is_served(port: int) -> bool:
    """Whether somebody listens there, and not merely passes through with a connection of their own."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def new_banking_keys() -> dict[str, str]:
    """What bank numbers are sealed with: for keeping, and on their way from a browser."""
    ring = {"current": "k1", "keys": {"k1": base64.b64encode(secrets.token_bytes(32)).decode()}}
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "BANKING_KEYS": json.dumps(ring),
        "BANKING_SEALING_KEY": pem.decode(),
        "BANKING_SEALING_PUBLIC_KEY": public.decode(),
    }


def _new_secrets() -> dict[str, str]:
    """Upper case goes out to `env`; lower case stays with the stack."""
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key = jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True)
    return {
        "supabase_admin_password": secrets.token_hex(16),
        "postgres_password": secrets.token_hex(16),
        "authenticator_password": secrets.token_hex(16),
        "supabase_lite_password": secrets.token_hex(16),
        "lite_secret": secrets.token_urlsafe(48),
        "SUPABASE_PUBLISHABLE_KEY": f"sb_publishable_{secrets.token_urlsafe(24)}",
        "SUPABASE_SECRET_KEY": f"sb_secret_{secrets.token_urlsafe(24)}",
        "JWT_SIGNING_KEY": json.dumps(
            {**signing_key, "kid": secrets.token_hex(8), "alg": "ES256", "use": "sig"}
        ),
        "AGORA_APP_ID": secrets.token_hex(16),
        "AGORA_APP_CERTIFICATE": secrets.token_hex(16),
        "AGORA_CUSTOMER_ID": secrets.token_hex(16),
        "AGORA_CUSTOMER_SECRET": secrets.token_hex(16),
        "AGORA_WEBHOOK_SECRET": secrets.token_urlsafe(12),
        "AGORA_CHANNEL_WEBHOOK_SECRET": secrets.token_urlsafe(12),
        "RECORDING_S3_ACCESS_KEY": secrets.token_hex(10).upper(),
        "RECORDING_S3_SECRET_KEY": secrets.token_urlsafe(30),
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_hex(16)}",
        "POSTMARK_SERVER_TOKEN": secrets.token_hex(16),
        "STATUS_KEY": secrets.token_urlsafe(32),
        "DEMO_CLIENT_EMAIL": "client@demo.test",
        "DEMO_CLIENT_PASSWORD": secrets.token_urlsafe(9),
        "DEMO_PRACTITIONER_EMAIL": "practitioner@demo.test",
        "DEMO_PRACTITIONER_PASSWORD": secrets.token_urlsafe(9),
        "DEMO_ADMIN_EMAIL": "admin@demo.test",
        "DEMO_ADMIN_PASSWORD": secrets.token_urlsafe(9),
    }
