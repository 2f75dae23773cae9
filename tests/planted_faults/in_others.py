"""Agora, Stripe, Postmark and the monitor: what they are shown, and what they send us."""

from collections.abc import Callable

import httpx

from local.config import new_banking_keys

from .planting import Env, Fault, Scene


def endpoint(**form: str) -> Callable[[Scene], Env | None]:
    """Stripe's webhook endpoint, changed in its dashboard."""

    def plant(scene: Scene) -> None:
        env = scene.stage.env
        url = f"{env['STRIPE_API_URL']}/v1/webhook_endpoints"
        headers = {"authorization": f"Bearer {env['STRIPE_SECRET_KEY']}"}
        (was,) = httpx.get(url, headers=headers).json()["data"]
        back = {"url": was["url"], "disabled": "false", "enabled_events[0]": "*"}
        scene.undo.callback(lambda: httpx.post(f"{url}/{was['id']}", data=back, headers=headers))
        httpx.post(f"{url}/{was['id']}", data=form, headers=headers).raise_for_status()

    return plant


def sealing_key_of_others(scene: Scene) -> Env:
    return {**scene.stage.env, "BANKING_SEALING_PUBLIC_KEY": new_banking_keys()["BANKING_SEALING_PUBLIC_KEY"]}


MAILS = ("send-notifications",)
AGORA, STRIPE = ("start-agora-recording",), ("create-session-payment",)
OTHERS = (
    Fault(
        "Agora's secret is wrong",
        "Agora",
        "refuses AGORA_CUSTOMER_ID",
        AGORA,
        env={"AGORA_CUSTOMER_SECRET": "x"},
    ),
    Fault(
        "the bucket's key id is wrong",
        "Agora's bucket",
        "answered 403",
        AGORA,
        env={"RECORDING_S3_ACCESS_KEY": "x"},
    ),
    Fault(
        "the bucket's secret is wrong",
        "Agora's bucket",
        "answered 403",
        AGORA,
        env={"RECORDING_S3_SECRET_KEY": "x"},
    ),
    Fault(
        "the bucket has another name",
        "Agora's bucket",
        "no-such-bucket",
        AGORA,
        env={"RECORDING_S3_BUCKET": "no-such-bucket"},
    ),
    Fault(
        "Stripe's key is wrong",
        "Stripe",
        "STRIPE_SECRET_KEY is refused",
        STRIPE,
        env={"STRIPE_SECRET_KEY": "sk_test_x"},
    ),
    Fault(
        "Stripe's webhook leads elsewhere",
        "Stripe",
        "has no webhook endpoint",
        STRIPE,
        plant=endpoint(url="https://old.test/hook"),
    ),
    Fault("Stripe's webhook is disabled", "Stripe", "is disabled", STRIPE, plant=endpoint(disabled="true")),
    Fault(
        "Stripe sends too few events",
        "Stripe",
        "does not send charge.dispute.closed",
        STRIPE,
        plant=endpoint(**{"enabled_events[0]": "checkout.session.completed"}),
    ),
    Fault(
        "Postmark's token is wrong",
        "mail",
        "POSTMARK_SERVER_TOKEN is refused",
        MAILS,
        env={"POSTMARK_SERVER_TOKEN": "x"},
    ),
    Fault(
        "the mail server is not there",
        "mail",
        "SMTP_URL: 127.0.0.1:9 does not answer",
        MAILS,
        env={"POSTMARK_SERVER_TOKEN": "", "SMTP_URL": "smtp://127.0.0.1:9"},
    ),
    Fault(
        "the mail server refuses us",
        "mail",
        "SMTP_URL",
        MAILS,
        plant=lambda scene: {
            **scene.stage.env,
            "POSTMARK_SERVER_TOKEN": "",
            "SMTP_URL": scene.stage.env["SMTP_URL"].replace("//", "//me:wrong@"),
        },
    ),
    Fault(
        "bank numbers are sealed for nobody",
        "key pair of bank numbers",
        "nobody can open",
        ("get-banking-key", "encrypt-banking-data"),
        plant=sealing_key_of_others,
    ),
    Fault(
        "the monitor's key is wrong",
        "status",
        "refuses STATUS_KEY",
        ("status",),
        env={"STATUS_KEY": "x" * 40},
    ),
)
DELIVERIES = tuple(
    Fault(
        f"the secret of {function} is wrong",
        "webhooks",
        f"{function} refuses what is signed with {setting}",
        (function,),
        env={setting: "another"},
    )
    for function, setting in {
        "stripe-session-webhook": "STRIPE_WEBHOOK_SECRET",
        "agora-recording-webhook": "AGORA_WEBHOOK_SECRET",
        "agora-channel-webhook": "AGORA_CHANNEL_WEBHOOK_SECRET",
    }.items()
)
