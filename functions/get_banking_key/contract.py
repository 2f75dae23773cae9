"""The key that a browser seals bank numbers with."""

from typing import Literal

from shared.wire import Output


class PublicKey(Output):
    """An RSA public key as a JWK (RFC 7517), good for RSA-OAEP-256 and nothing else."""

    kty: Literal["RSA"]
    n: str
    e: str
    kid: str
    use: Literal["enc"]
    alg: Literal["RSA-OAEP-256"]


class BankingKey(Output):
    """The reply."""

    key: PublicKey
    enc: Literal["A256GCM"] = "A256GCM"
