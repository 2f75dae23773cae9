"""A scene in which somebody with an account that may be paid is in payout files."""

import csv
import io

import httpx

from .banking_scene import BankingScene
from .cast import Person, Stage
from .payout_scene import PayoutScene

EXPORT, BANK = "export-payout-file", "export-bank-file"
ORIGINATOR = {
    "originator_id": "OURCOMPANY",
    "short_name": "PRACTICE",
    "long_name": "PRACTICE SESSIONS INC.",
    "data_centre": "00320",
    "direct_clearer": "00310",
    "return_institution": "003",
    "return_transit": "00012",
    "return_account": "1004589",
}


class FileScene(PayoutScene):
    """Somebody with an account that may be paid."""

    def __init__(self, stage: Stage, name: str = "Practitioner") -> None:
        super().__init__(stage)
        self.banking = BankingScene(stage)
        self.banking.practitioner = self.practitioner
        stage.execute("update public.practitioners set name = %s where id = %s", name, self.practitioner_id)

    def save(self, **account: str) -> None:
        """They save an account, an admin verifies it, and the cooling period passes."""
        assert self.banking.save(**account).json()["success"]
        self.banking.verify().raise_for_status()
        self.stage.execute(
            "update public.practitioner_banking set cooling_until = now() where practitioner_id = %s",
            self.practitioner_id,
        )

    def export(self, *, as_: Person | None = None, **body: str) -> httpx.Response:
        return self.stage.invoke(EXPORT, body, as_=as_ or self.admin)

    def lines(self, **body: str) -> list[dict[str, str]]:
        """The file, as a spreadsheet reads it; only the lines about this practitioner."""
        reply = self.export(**body)
        assert 200 == reply.status_code, reply.text
        mine = {each["id"] for each in self.payouts()}
        rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
        return [row for row in rows if row["payout_id"] in mine]

    def files(self) -> list[str]:
        """The names of the files that these payouts were in, as admins read the list."""
        path = "payout_file_entries?select=payout_files(name)&payout_id=in.({})".format(
            ",".join(each["id"] for each in self.payouts())
        )
        rows = self.stage.rest("GET", path, as_=self.admin).raise_for_status().json()
        return sorted(row["payout_files"]["name"] for row in rows)


class BankFileScene(FileScene):
    """Nobody else is to be paid, and an operator has said who pays."""

    def __init__(self, stage: Stage, name: str = "Practitioner", **originator: str | int | None) -> None:
        super().__init__(stage, name)
        stage.execute(
            """select private.settle_payout(p, 'paid', transaction_reference => 'Another scene', paid_at => now())
                 from public.payouts p where p.status = 'pending'"""
        )
        stage.execute("delete from private.bank_file_originator")
        row = ORIGINATOR | originator
        names, places = ", ".join(row), ", ".join(["%s"] * len(row))
        stage.execute(
            f"insert into private.bank_file_originator ({names}) values ({places})",
            *row.values(),
        )

    def bank(self, *, as_: Person | None = None, **body: str) -> httpx.Response:
        return self.stage.invoke(BANK, body, as_=as_ or self.admin)
