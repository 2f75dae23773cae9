"""What this system trusts, in the words of pip, uv and Node: a network that inspects TLS signs by itself.

Only the standard library, since this also runs before anything is installed. `python -m local.trust COMMAND …` runs a
command so.
"""

import os
import sys
from pathlib import Path

# Where systems keep the certificates that they trust: Debian and Arch, Red Hat, SUSE, Alpine.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
# By which somebody may have named a file, to us or to another program.
NAMES = ("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
REMEDY = (
    "A certificate on the way is not trusted here. If your network inspects TLS, have its certificate in the system's"
    " store, or name it:\n  SSL_CERT_FILE=/path/to/certificates.pem make up"
)


def trusted(*told: str | None) -> dict[str, str]:
    """The environment in which each tool trusts one file: the one that somebody told one of them, or the system's.

    A bare system has none: then each tool keeps to the certificates that it comes with.
    """
    said = [os.environ.get(name) for name in NAMES]
    named = [path for path in (*said, *told) if path]
    if sys.platform == "darwin" and not named:
        # There they are no file. A pip from 2024 on asks the system by itself.
        return {"UV_SYSTEM_CERTS": "1", "NODE_USE_SYSTEM_CA": "1"}
    there = [path for path in (*named, *BUNDLES) if Path(path).is_file()]
    return dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT", "NODE_EXTRA_CA_CERTS"), there[0]) if there else {}


if __name__ == "__main__":
    os.execvpe(sys.argv[1], sys.argv[1:], {**os.environ, **trusted()})  # noqa: S606 (the command is the Makefile's)
