"""What practitioners earn and are paid, and where to."""

from tests.sql.conftest import ADMIN, ROW

from .rules import STAFF, Rules

EARNINGS = {
    "revenue_shares": Rules(
        read="practitioner stranger admin service",
        insert=STAFF,
        delete="",
        new={"practitioner_percent": 70, "valid_from": "2031-01-01T00:00Z"},
        rest="",
        never="id created_by",
    ),
    "approval_requests": Rules(
        read=STAFF,
        insert="",
        delete="",
        new={"kind": "payout_run", "details": "{}", "amount": 1, "expires_at": "2031-01-01T00:00Z"},
        rest="",
    ),
    "ledger_transactions": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "kind": "accrual",
            "currency": "cad",
            "practitioner_id": ROW,
            "session_id": ROW,
            "cause": "New",
        },
        rest="",
    ),
    "ledger_postings": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"transaction_id": ROW, "account": "client_funds", "amount_minor": 1},
        rest="",
        row=f"transaction_id = '{ROW}'",
    ),
    "payout_terms": Rules(
        read="practitioner stranger admin service",
        insert=STAFF,
        delete="",
        new={"period_days": 7, "hold_days": 3, "valid_from": "2031-01-01T00:00Z"},
        rest="",
        never="id created_by",
        row="period_days = 14",
    ),
    "payout_periods": Rules(
        read="practitioner stranger admin service",
        insert="",
        delete="",
        new={"number": 2, "period_start": "2026-01-19", "period_end": "2026-02-02"},
        rest="",
        row="number = 1",
    ),
    "payouts": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "practitioner_id": ROW,
            "currency": "cad",
            "amount_minor": 1,
            "period_start": "2026-01-05",
            "period_end": "2026-01-19",
        },
        rest="",
    ),
    "payout_lines": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "payout_id": ROW,
            "ledger_transaction_id": ROW,
            "practitioner_id": ROW,
            "currency": "cad",
            "amount_minor": 7500,
        },
        rest="",
        row=f"payout_id = '{ROW}'",
    ),
    # Written by functions that know who asks, never directly: not even with the secret key.
    "practitioner_banking": Rules(
        read="practitioner admin service",
        insert="",
        delete="service",
        new={
            "practitioner_id": ROW,
            "bank_name": "Bank",
            "account_holder_name": "Me",
            "account_type": "savings",
        },
        rest="",
    ),
    "payout_files": Rules(
        read="admin service",
        insert="",
        delete="",
        new={"name": "x.csv", "format": "csv", "created_by": ADMIN},
        rest="",
        row="name = 'payouts.csv'",
    ),
    "payout_file_entries": Rules(
        read="admin service",
        insert="",
        delete="",
        new={"payout_file_id": ROW, "payout_id": ROW, "is_for_bank": False},
        rest="",
        row=f"payout_file_id = '{ROW}'",
    ),
    "banking_accesses": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"practitioner_id": ROW, "purpose": "payout_file", "reference": "x"},
        rest="",
        row=f"practitioner_id = '{ROW}'",
    ),
}
