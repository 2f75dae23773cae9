"""What things cost, and what clients have paid for."""

from tests.sql.conftest import CLIENT, ROW

from .rules import ANYBODY, PARTIES, STAFF, Rules

PRICES = "name price_cad price_usd stripe_price_id_cad stripe_price_id_usd is_active id created_at updated_at"

MONEY = {
    "session_types": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "duration_minutes": 60, "session_type": "laying", "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} is_group",
        rest=STAFF,
    ),
    "session_packages": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "session_count": 5, "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} session_type_id is_group session_type",
        rest=STAFF,
    ),
    "products": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "slug": "new", "type": "digital", "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} description image_url inventory_count metadata",
        rest=STAFF,
    ),
    "checkout_sessions": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={
            "user_id": CLIENT,
            "payment_type": "package_5",
            "description": "New",
            "amount_minor": 1,
            "currency": "cad",
            "credits": 5,
            "session_type_id": ROW,
            "expires_at": "2031-01-01T00:00Z",
        },
        rest="",
    ),
    "owed_fees": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={
            "user_id": CLIENT,
            "because": "no_show",
            "amount_minor": 1,
            "currency": "cad",
            "scheduled_at": "2031-01-01T00:00Z",
        },
        rest="",
    ),
    "session_payments": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={
            "session_id": ROW,
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "total_amount": 1,
            "practitioner_share": 1,
            "platform_share": 0,
        },
        # An admin's mark is one update of both, a scene of its own.
        changes={"paid_out_at": STAFF},
        values={"status": "'disputed'"},
    ),
    "user_session_credits": Rules(
        read="client admin service",
        insert="service",
        delete="",
        new={"user_id": CLIENT},
        rest="",
    ),
    "credit_ledger": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"lot_id": ROW, "user_id": CLIENT, "change": 1, "kind": "purchase"},
        rest="",
        row=f"lot_id = '{ROW}'",
    ),
}
