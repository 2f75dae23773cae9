"""What earning means, in plain Python: which seat is paid from which funds, what is kept of it, and whose it is.

To model more (payouts, adjustments), let what moves a balance be an `Entry` and add it to `entries`: `owed`
is everything that was earned, plus the entries. The state machine in test_earnings_machine.py is extended likewise.
"""

from collections import defaultdict
from dataclasses import dataclass, field

SHARE = 75


@dataclass
class Funds:
    """A payment: a price for so many seats, and what of it was returned."""

    id: str
    amount: int
    currency: str
    seats: int
    refunded: int = 0
    disputes: dict[int, str] = field(default_factory=dict)
    earned_seats: list["Seat"] = field(default_factory=list)

    @property
    def kept(self) -> int:
        lost = self.amount * sum(state == "lost" for state in self.disputes.values())
        return max(0, self.amount - self.refunded - lost)

    @property
    def is_disputed(self) -> bool:
        return "open" in self.disputes.values()


@dataclass
class Seat:
    """A session, or a seat in a class."""

    id: str
    practitioner: str
    funds: Funds | None  # none: nobody paid for it
    is_earned: bool = False

    @property
    def price(self) -> int:
        """What it is worth now: its part of the price, as far as that was not returned."""
        if not self.is_earned or self.funds is None:
            return 0
        funds, number = self.funds, self.funds.earned_seats.index(self) + 1
        preceding = funds.amount * min(number - 1, funds.seats) // funds.seats
        up_to_here = funds.amount * min(number, funds.seats) // funds.seats
        return max(0, min(up_to_here, funds.kept) - preceding)

    @property
    def share(self) -> int:
        return (2 * self.price * SHARE + 100) // 200  # half a cent is rounded up

    def earn(self) -> None:
        if not self.is_earned and self.funds is not None:
            self.funds.earned_seats.append(self)
        self.is_earned = True


@dataclass(frozen=True)
class Entry:
    """What changes somebody's balance besides earning."""

    practitioner: str
    currency: str
    amount: int


@dataclass
class Earnings:
    """All there is."""

    funds: dict[str, Funds] = field(default_factory=dict)
    lots: dict[str, Funds | None] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def owed(self) -> dict[tuple[str, str], int]:
        """Each balance that is not nought."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for seat in self.seats.values():
            if seat.funds is not None:
                sums[seat.practitioner, seat.funds.currency] += seat.share
        for entry in self.entries:
            sums[entry.practitioner, entry.currency] += entry.amount
        return {whose: amount for whose, amount in sums.items() if amount}
