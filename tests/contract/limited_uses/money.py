"""Money: checkouts, fees, bank accounts, files of payouts."""

from collections.abc import Iterator

import httpx

from tests.banking_scene import BankingScene
from tests.cast import Stage
from tests.page_scene import PageScene
from tests.payment_scene import PaymentScene
from tests.payout_file_scene import BankFileScene
from tests.payout_scene import PayoutScene

from .sessions import later
from .use import Use, of_caller


def use_create_session_payment(stage: Stage) -> Iterator[Use]:
    paying = PaymentScene(stage)
    bodies = [paying.from_wallet(), paying.from_wallet(payment_type="package_10")]
    yield of_caller(stage, "create-session-payment", "checkouts", paying.client, *bodies)
    for rule in ("holds", "holds of newcomers"):
        paying = PaymentScene(stage)
        body = paying.from_checkout_page()
        yield of_caller(stage, "create-session-payment", rule, paying.client, body, later(body))


def use_export_earnings_csv(stage: Stage) -> Iterator[Use]:
    yield of_caller(stage, "export-earnings-csv", "earnings exports", stage.practitioner(), {})


def use_export_payout_file(stage: Stage) -> Iterator[Use]:
    PayoutScene(stage)
    yield of_caller(stage, "export-payout-file", "payout files", stage.admin(), {})


def use_export_bank_file(stage: Stage) -> Iterator[Use]:
    scene = BankFileScene(stage)
    scene.earn(100)
    scene.run()
    scene.save()
    yield of_caller(stage, "export-bank-file", "payout files", scene.admin, {"already_exported": "include"})


def use_encrypt_banking_data(stage: Stage) -> Iterator[Use]:
    banking = BankingScene(stage)
    numbers = ("0001234567", "0007654321")
    yield Use(
        "bank account changes",
        banking.practitioner.id,
        lambda n: banking.save(account_number=numbers[n % 2]),
    )


def use_pay_fee(stage: Stage) -> Iterator[Use]:
    """Each press for another fee: a second one for the same finds the page that is open."""
    scene = PageScene(stage)
    link = scene.make_link("pay_fee", scene.client, None)

    def press(_: int) -> httpx.Response:
        fee = stage.value(
            "insert into public.owed_fees (user_id, because, amount_minor, currency, scheduled_at)"
            " values (%s, 'no_show', 1500, 'cad', now()) returning id",
            scene.client.id,
        )
        return scene.press(link, fee=str(fee))

    yield Use("checkouts", scene.client.id, press)
