"""What the checker says of one promise."""

from dataclasses import dataclass, field

from tests.faults.torture.history import Observation, told


@dataclass(frozen=True)
class Violation:
    """A promise broken, by the shortest history that shows it."""

    evidence: tuple[str, ...]


@dataclass
class Verdict:
    """How often a promise was looked at, and where it was found broken."""

    promise: str
    observations: int = 0
    violations: list[Violation] = field(default_factory=list)

    def expect(self, is_kept: bool, *evidence: Observation | str) -> None:
        """Count one observation; `evidence` is what shows it to be broken."""
        self.observations += 1
        if not is_kept:
            self.violations.append(
                Violation(tuple(it if isinstance(it, str) else told(it) for it in evidence))
            )

    @property
    def shortest(self) -> Violation:
        """The one that is told with the fewest words."""
        return min(self.violations, key=lambda it: (len(it.evidence), sum(map(len, it.evidence))))
