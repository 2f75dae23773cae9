"""What a project decides and no program can: its website, who mails come from, where people get help.

It stands in supabase/config.toml, by the names that the Supabase CLI gives it. Whoever starts a stack may say otherwise
in the environment (`SITE_URL=http://127.0.0.1:3000 make up`); the stack remembers that until it is told anew.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .config import DEFAULT_PORT, ROOT, Port, write_private

CONFIG = ROOT / "supabase" / "config.toml"
SAMPLE = f"http://127.0.0.1:{DEFAULT_PORT + Port.SAMPLE}"
REMEMBERED = "project.json"
# In the environment, and what each takes the place of.
NAMES = {
    "SITE_URL": "auth.site_url",
    "REDIRECT_URLS": "auth.additional_redirect_urls, with commas between them",
    "SENDER_EMAIL": "auth.email.smtp.admin_email",
    "SUPPORT_EMAIL": "edge_runtime.secrets.SUPPORT_EMAIL",
}


@dataclass(frozen=True)
class Project:
    """As one stack has it."""

    site_url: str
    redirect_urls: tuple[str, ...]
    sender_email: str
    support_email: str

    @property
    def env(self) -> dict[str, str]:
        """What functions are granted of it."""
        return {
            "SITE_URL": self.site_url,
            "POSTMARK_FROM_EMAIL": self.sender_email,
            "SUPPORT_EMAIL": self.support_email,
        }


def project(state: Path, sample: str) -> Project:
    """Of the stack in a folder. Its website is the sample page, on this stack's own port, until one is said."""
    document = tomllib.loads(CONFIG.read_text())
    auth, said = document["auth"], remembered(state)
    site = said.get("SITE_URL") or auth["site_url"].replace(SAMPLE, sample)
    redirects = (
        said["REDIRECT_URLS"].split(",") if "REDIRECT_URLS" in said else auth["additional_redirect_urls"]
    )
    return Project(
        site_url=site.rstrip("/"),
        redirect_urls=tuple(one.strip() for one in redirects),
        sender_email=said.get("SENDER_EMAIL") or auth["email"]["smtp"]["admin_email"],
        support_email=said.get("SUPPORT_EMAIL") or document["edge_runtime"]["secrets"]["SUPPORT_EMAIL"],
    )


def remember(state: Path, environ: Mapping[str, str]) -> bool:
    """Keep what the environment says; an empty value takes it back. True if that changes anything."""
    old = remembered(state)
    said = {name: environ[name].strip() for name in NAMES if name in environ}
    new = {name: value for name, value in {**old, **said}.items() if value}
    if new != old:
        write_private(state / REMEMBERED, json.dumps(new, indent=2) + "\n")
    return new != old


def remembered(state: Path) -> dict[str, str]:
    """What was said of this stack."""
    path = state / REMEMBERED
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return kept
