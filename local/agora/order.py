"""The order of what Agora promises no order for: drawn from a seed, so that a run can be repeated."""

import random
import secrets


class Order:
    """Draws. `reset` begins the same draws anew; not shuffled, everything comes as it happens."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed or secrets.randbelow(2**31)
        self.shuffled = True
        self.rng = random.Random(self.seed)  # noqa: S311 (to be repeated, not to be secret)

    def reset(self, seed: int | None = None, *, shuffled: bool = True) -> None:
        self.seed, self.shuffled = self.seed if seed is None else seed, shuffled
        self.rng.seed(self.seed)

    def flip(self) -> bool:
        """Whether this time it is the other way round."""
        return self.shuffled and self.rng.random() < 0.5
