"""How mail goes out: through Postmark's API, or by SMTP where there is no Postmark."""

from email.utils import parseaddr
from typing import Any, Self

from shared.settings import ContactSettings, MissingSettings

# The platform's own names for mails that were designed in Postmark. Where one is set, Postmark renders that mail.
TEMPLATES = {
    ("welcome", "user"): "welcome",
    ("session_booked", "user"): "booking_confirmation",
    ("payment_received", "user"): "payment_receipt",
    ("session_reminder", "user"): "class_reminder",
    ("session_cancelled", "user"): "cancellation_notice",
    ("session_rescheduled", "user"): "cancellation_notice",
}


class MailSettings(ContactSettings):
    """One of POSTMARK_SERVER_TOKEN, POSTMARK_API_KEY (the same under another name) and SMTP_URL must be set."""

    postmark_server_token: str = ""
    postmark_api_key: str = ""
    postmark_api_url: str = "https://api.postmarkapp.com"
    postmark_from_email: str = "noreply@sadhu.com"
    smtp_url: str = ""
    audit_head_email: str = ""  # who keeps the heads of the audit log, mailed daily; empty: nobody
    postmark_welcome_template_id: str = ""
    postmark_welcome_template_alias: str = ""
    postmark_booking_confirmation_template_id: str = ""
    postmark_booking_confirmation_template_alias: str = ""
    postmark_payment_receipt_template_id: str = ""
    postmark_payment_receipt_template_alias: str = ""
    postmark_class_reminder_template_id: str = ""
    postmark_class_reminder_template_alias: str = ""
    postmark_cancellation_notice_template_id: str = ""
    postmark_cancellation_notice_template_alias: str = ""

    @classmethod
    def from_environment(cls, environment: Any) -> Self:
        """As always; and somebody has to carry the mail."""
        settings = super().from_environment(environment)
        if settings.audit_head_email and "@" not in parseaddr(settings.audit_head_email)[1]:
            raise MissingSettings("AUDIT_HEAD_EMAIL must be an address.")
        if not (settings.token or settings.smtp_url):
            raise MissingSettings(
                "Missing settings: POSTMARK_SERVER_TOKEN. Set it, or POSTMARK_API_KEY, or SMTP_URL."
            )
        return settings

    @classmethod
    def names(cls) -> dict[str, bool]:
        return {**super().names(), "POSTMARK_SERVER_TOKEN": True}

    @property
    def token(self) -> str:
        return self.postmark_server_token or self.postmark_api_key

    def template(self, kind: str, audience: str) -> dict[str, Any]:
        """How Postmark is told which of its templates to use; empty: ours is used."""
        name = TEMPLATES.get((kind, audience))
        number: str = getattr(self, f"postmark_{name}_template_id", "")
        alias: str = getattr(self, f"postmark_{name}_template_alias", "")
        if number.isdigit():
            return {"TemplateId": int(number)}
        return {"TemplateAlias": alias} if alias else {}
