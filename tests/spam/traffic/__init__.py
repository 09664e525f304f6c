"""Made-up people whose conduct is known to be spam or not: what the score is measured on.

Written before the score, from what is plausible, and not changed to suit it. No rate here was
observed on a server. Each kind says what is assumed of it; what all share:

- Everybody is looked at once, at NOW. What they did lies in the seven days before it.
- An answer takes a while: three hours on average, for whoever answers at all.
- Of those who get something unwanted, some block the sender and some report them; of those who
  get something wanted, hardly anybody does (`story.py`).
- What honest people say in passing is from `fynix_server.maintenance.corpus`, in a dozen
  languages; what they paste, announce and invite to is from the lists in `texts.py`.
- Spam is from templates there: pasted, filled in, or spun from lists of synonyms.

`generate(seed, each)` gives `each` people of every kind, the same for the same seed. A kind's
share among the people of a server is assumed too (`Kind.share`): of the honest, most are
ordinary. Precision depends on it, and on how many people are spammers at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.spam.traffic.honest import HONEST
from tests.spam.traffic.spammers import SPAMMERS
from tests.spam.traffic.story import Kind, Story

KINDS: tuple[Kind, ...] = (*SPAMMERS, *HONEST)


@dataclass(frozen=True)
class Labelled:
    """One person, and what they are."""

    kind: Kind
    story: Story


def generate(seed: int, each: int) -> Sequence[Labelled]:
    """`each` people of every kind. One kind's people do not depend on the other kinds."""
    found = []
    for kind in KINDS:
        random = Random(f"{seed} {kind.name}")
        found += [Labelled(kind, kind.write(random)) for _ in range(each)]
    return found
