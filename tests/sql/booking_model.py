"""What booking means, in plain Python: who has which credits, times and seats, and what is refused by which code.

Time does not pass by itself here: slots are half hours of a day to come, and what lapses is said to have lapsed.
"""

from dataclasses import dataclass, field

# Until when a cancellation is free, until when it is late, in hours; the slots are thirty to thirty-six hours ahead.
POLICIES = {"easy": (2, 2), "strict": (48, 48), "late": (48, 20)}
PLACES = 2


class Refused(Exception):
    """By this code."""


@dataclass
class Lot:
    """Credits bought together."""

    id: str
    who: str
    minutes: int | None  # the one kind they are for
    remaining: int
    ends_in_days: int | None = None
    born: int = 0
    lapsed: bool = False
    owed: int = 0

    @property
    def order(self) -> tuple[bool, int, int]:
        return (self.minutes is None, self.ends_in_days or 10**6, self.born)


@dataclass
class Block:
    """Something at a time."""

    id: str
    who: str
    slot: int
    minutes: int

    def overlaps(self, slot: int, minutes: int) -> bool:
        return self.slot * 30 < slot * 30 + minutes and slot * 30 < self.slot * 30 + self.minutes


@dataclass
class Hold(Block):
    """A time kept for somebody."""

    status: str = "held"
    lapsed: bool = False
    checkout: str | None = None

    @property
    def live(self) -> bool:
        return self.status == "held" and not self.lapsed


@dataclass
class Session(Block):
    """A session, or a seat in the class."""

    policy: str = "easy"
    lot: Lot | None = None
    agreed_slot: int | None = None  # if staff has moved it since
    paid_by: "Checkout | None" = None
    is_seat: bool = False
    status: str = "scheduled"

    @property
    def is_elsewhere(self) -> bool:
        """Not at the time that its client agreed to."""
        return self.agreed_slot is not None and self.agreed_slot != self.slot


@dataclass
class Checkout:
    """An attempt to pay: for a slot, or, without one, for five credits."""

    id: str
    who: str
    slot: int | None
    minutes: int
    policy: str
    hold: Hold | None = None
    status: str = "open"
    session: Session | None = None
    lot: Lot | None = None
    is_refunded: bool = False


@dataclass
class Model:
    """One practitioner, one class, and everybody who wants something of them."""

    lots: dict[str, Lot] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    graces: set[str] = field(default_factory=set)
    policy: str = "easy"

    # Time

    def taken(self, who: str, slot: int, minutes: int, besides: Session | None = None) -> bool:
        """By a session, or by a hold of somebody else."""
        return any(
            s.overlaps(slot, minutes)
            for s in self.sessions.values()
            if s.status == "scheduled" and not s.is_seat and s is not besides
        ) or any(h.overlaps(slot, minutes) for h in self.holds.values() if h.live and h.who != who)

    def drop_lapsed(self, slot: int, minutes: int) -> None:
        for hold in self.holds.values():
            if hold.status == "held" and hold.lapsed and hold.overlaps(slot, minutes):
                hold.status = "released"

    def take(self, who: str, slot: int, minutes: int) -> None:
        """A session takes a time: what lapsed there is gone, what its client held there is used."""
        self.drop_lapsed(slot, minutes)
        for hold in self.holds.values():
            if hold.live and hold.who == who and hold.overlaps(slot, minutes):
                hold.status = "consumed"

    def refuse_taken(self, who: str, slot: int, minutes: int) -> None:
        exact = any(
            h.live and h.who == who and h.slot == slot and h.minutes >= minutes for h in self.holds.values()
        )
        if not exact and self.taken(who, slot, minutes):
            raise Refused("slot_taken")

    # Holding

    def found_hold(self, who: str, slot: int, minutes: int) -> Hold | None:
        return next(
            (h for h in self.holds.values() if h.live and (h.who, h.slot, h.minutes) == (who, slot, minutes)),
            None,
        )

    def hold(self, who: str, slot: int, minutes: int) -> Hold | None:
        """What is found, or None where a new one is made; give that to `held`."""
        if found := self.found_hold(who, slot, minutes):
            return found
        mine = [h for h in self.holds.values() if h.who == who and h.status == "held"]
        replaced = [h for h in mine if not h.checkout and h.overlaps(slot, minutes)]
        if sum(h.live for h in mine if h not in replaced) >= 3:
            raise Refused("too_many_holds")
        if self.taken(who, slot, minutes) or any(
            h.live and h.overlaps(slot, minutes) for h in mine if h not in replaced
        ):
            raise Refused("slot_taken")
        for each in replaced:
            each.status = "released"
        self.drop_lapsed(slot, minutes)
        return None

    # Credits

    def owes(self, who: str) -> bool:
        """Whether credits that were spent have no payment any more."""
        return any(lot.who == who and lot.owed for lot in self.lots.values())

    def settle(self, new: Lot) -> None:
        """A package that is bought pays what is owed, the oldest first."""
        for lot in sorted(self.lots.values(), key=lambda lot: lot.born):
            if lot.who == new.who:
                paid = min(lot.owed, new.remaining)
                lot.owed -= paid
                new.remaining -= paid

    def choose(self, who: str, minutes: int | None) -> Lot:
        if self.owes(who):
            raise Refused("credits_owed")
        usable = [
            lot
            for lot in self.lots.values()
            if lot.who == who and lot.remaining and not lot.lapsed and lot.minutes in (None, minutes)
        ]
        if not usable:
            raise Refused("no_usable_credit")
        return min(usable, key=lambda lot: lot.order)

    # Booking

    def booked_before(self, who: str, slot: int, minutes: int) -> Session | None:
        """What a second click finds."""
        return next(
            (
                s
                for s in self.sessions.values()
                if (s.who, s.slot, s.minutes, s.status, s.is_seat) == (who, slot, minutes, "scheduled", False)
                and s.lot
            ),
            None,
        )

    def book(self, who: str, slot: int, minutes: int) -> Lot:
        self.refuse_taken(who, slot, minutes)
        lot = self.choose(who, minutes)
        lot.remaining -= 1
        self.take(who, slot, minutes)
        return lot

    def join(self, who: str) -> Lot:
        seats = [s for s in self.sessions.values() if s.is_seat and s.status == "scheduled"]
        if who in {seat.who for seat in seats}:
            raise Refused("already_joined")
        if len(seats) >= PLACES:
            raise Refused("class_full")
        lot = self.choose(who, None)
        lot.remaining -= 1
        return lot

    # Cancelling and moving

    def cancel(self, session: Session, by: str, *, use_grace: bool) -> tuple[str, int, bool]:
        """How it is cancelled, how many credits come back, and whether as a new lot."""
        free_until, late_until = POLICIES[session.policy]
        hours = 100 if session.is_seat else 30 + session.slot / 2
        by_client, is_elsewhere = by == "client", session.is_elsewhere
        in_time = hours >= free_until or (by_client and is_elsewhere)
        if use_grace and by_client and not in_time and session.who in self.graces:
            raise Refused("grace_used")
        kind = (
            "standard"
            if in_time
            else "emergency"
            if not by_client
            else "grace"
            if use_grace and not (session.lot and session.lot.lapsed)  # it would save nothing
            else "late"
            if hours >= late_until
            else "last_minute"
        )
        if kind == "grace":
            self.graces.add(session.who)
        session.status = "cancelled"
        if kind == "last_minute":
            return kind, 0, False
        if session.lot is None:
            gives = session.paid_by is not None and not session.paid_by.is_refunded
            return kind, int(gives), gives
        if session.lot.owed:
            session.lot.owed -= 1
            return kind, 0, False
        is_ours = not by_client or is_elsewhere
        if session.lot.lapsed and not is_ours:
            return kind, 0, False
        if session.lot.lapsed:
            session.lot.remaining, session.lot.lapsed, session.lot.ends_in_days = 0, False, 30
        elif is_ours and session.lot.ends_in_days:
            session.lot.ends_in_days = max(30, session.lot.ends_in_days)
        session.lot.remaining += 1
        return kind, 1, False

    def move(self, session: Session, by: str, slot: int) -> None:
        if slot == session.slot:
            return
        if session.status != "scheduled":
            raise Refused("session_not_movable")
        free_until = POLICIES[session.policy][0]
        if by == "client" and not session.is_elsewhere and 30 + session.slot / 2 < free_until:
            raise Refused("too_late_to_move")
        if by == "practitioner" and 30 + min(session.slot, slot) / 2 < free_until:
            raise Refused("change_needs_a_yes")
        if self.taken(session.who, slot, session.minutes, besides=session):
            raise Refused("slot_taken")
        self.take(session.who, slot, session.minutes)
        if by == "client":
            session.agreed_slot = slot
        elif session.agreed_slot is None:
            session.agreed_slot = session.slot
        session.slot = slot

    # Paying

    def open_checkout(self, who: str, slot: int | None, minutes: int) -> Checkout | None:
        """The same one that is open already."""
        return next(
            (
                c
                for c in self.checkouts.values()
                if (c.who, c.slot, c.minutes, c.status) == (who, slot, minutes, "open")
                and (c.hold is None or c.hold.status == "held")
            ),
            None,
        )

    def begin(self, who: str, slot: int, minutes: int) -> Hold | None:
        """The hold that is found, or None where a new one is made."""
        live = sum(h.live and h.who == who for h in self.holds.values())
        kept = [
            c.hold
            for c in self.checkouts.values()
            if c.who == who
            and c.status == "open"
            and c.hold
            and c.hold.status == "held"
            and c.hold.checkout == c.id
        ]
        # What is in the way, and the oldest where no more may be held.
        given_up = [
            hold for age, hold in enumerate(kept, 1) if hold.overlaps(slot, minutes) or age <= live - 2
        ]
        for hold in given_up:
            hold.status = "released"
        try:
            return self.hold(who, slot, minutes)
        except Refused:
            for hold in given_up:
                hold.status = "held"
            raise

    def expire(self, checkout: Checkout) -> None:
        if checkout.status == "open":
            checkout.status = "expired"
            if checkout.hold and checkout.hold.status == "held" and checkout.hold.checkout == checkout.id:
                checkout.hold.status = "released"

    def pay(self, checkout: Checkout) -> bool:
        """Whether it becomes a session; else it becomes credits."""
        checkout.status = "paid"
        if checkout.slot is None:
            return False
        try:
            self.refuse_taken(checkout.who, checkout.slot, checkout.minutes)
        except Refused:
            return False
        self.take(checkout.who, checkout.slot, checkout.minutes)
        return True

    def refund(self, checkout: Checkout, returned: Lot | None) -> None:
        """All of it; `returned` is the lot that its cancelled session was given back as."""
        checkout.is_refunded = True
        if checkout.session and checkout.session.status == "scheduled":
            self.cancel(checkout.session, "platform", use_grace=False)
        lot = checkout.lot or returned
        if lot:
            asked = 5 if checkout.slot is None else 1
            taken = min(asked, lot.remaining)
            lot.remaining -= taken
            lot.owed += asked - taken
            # What stands on it and is to come, the last one first; of those booked at once, the later one.
            standing = [s for s in self.sessions.values() if s.lot is lot and s.status == "scheduled"]
            standing.sort(key=lambda s: s.id)
            standing.sort(key=lambda s: (s.is_seat, s.slot), reverse=True)
            for session in standing[: lot.owed]:
                self.cancel(session, "platform", use_grace=False)
