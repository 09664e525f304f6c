"""Who is made up for a seed, who of them talks with whom, and how much. No texts yet."""

import math
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

from fynix_server.maintenance.corpus import Language, load_languages

# Fixed, so that a seed gives the same times whenever it is used. All of it lies in one year.
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
DAY_MS = 24 * 60 * 60 * 1000
YEAR_MS = 365 * DAY_MS

_GROUP_SHARE = 1 / 6
_LARGEST_GROUP = 8
_PEOPLE_LOCALES = (
    "ar_AA",
    "de_DE",
    "en_US",
    "es_MX",
    "fr_FR",
    "hi_IN",
    "ja_JP",
    "pl_PL",
    "ru_RU",
    "tr_TR",
)
_GROUP_NAMES = ("Book club", "Choir", "Flat 12", "Garden", "Hiking", "Project", "Quiz", "Team")
_SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class SeedRequest:
    """How much to make up. `messages` is the total; `seed` decides everything else.

    `popular`: so many of the conversations are with one person, the first; 0: nobody is special.

    Raises: ValueError (more of them than conversations).
    """

    conversations: int
    messages: int
    seed: int
    popular: int = 0

    def __post_init__(self) -> None:
        if self.popular > self.conversations:
            raise ValueError("one person cannot be in more conversations than there are")


@dataclass(frozen=True, slots=True)
class SeedPerson:
    id: UUID
    username: str
    display_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SeedConversation:
    """`begins_ms`: milliseconds after EPOCH. The first member is a group's owner."""

    id: UUID
    begins_ms: int
    members: tuple[UUID, ...]
    group_name: str | None
    language: Language
    message_count: int


@dataclass(frozen=True)
class SeedPlan:
    request: SeedRequest
    people: tuple[SeedPerson, ...]
    conversations: tuple[SeedConversation, ...]

    @property
    def group_count(self) -> int:
        return sum(1 for it in self.conversations if it.group_name is not None)

    @property
    def language_names(self) -> list[str]:
        """The languages spoken, by name."""
        return sorted({it.language.name for it in self.conversations})


def make_plan(request: SeedRequest) -> SeedPlan:
    """The same for the same request, on every machine with the same libraries."""
    people = _make_people(request)
    rng = Random(f"{request.seed}:conversations")
    languages = load_languages(request.seed)
    beginnings = sorted(rng.randrange(DAY_MS, 300 * DAY_MS) for _ in range(request.conversations))
    counts = _share_out(request.messages, request.conversations, rng)
    circles = _make_circles(people, request, rng)
    conversations = tuple(
        SeedConversation(
            id=id_made_at(begins_ms, rng),
            begins_ms=begins_ms,
            members=members,
            group_name=rng.choice(_GROUP_NAMES) if len(members) > 2 else None,
            language=rng.choice(languages),
            message_count=count,
        )
        for begins_ms, count, members in zip(beginnings, counts, circles, strict=True)
    )
    return SeedPlan(request, people, conversations)


def id_made_at(after_epoch_ms: int, rng: Random) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7) of that moment, whose random bits come from `rng`."""
    moment_ms = int(EPOCH.timestamp() * 1000) + after_epoch_ms
    high, low = rng.getrandbits(12), rng.getrandbits(62)
    return UUID(int=moment_ms << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def moment_at(after_epoch_ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=after_epoch_ms)


def _make_people(request: SeedRequest) -> tuple[SeedPerson, ...]:
    from faker import Faker

    rng = Random(f"{request.seed}:people")
    # One for each locale: a Faker of several chooses between them without regard to the seed.
    fakers = [Faker(locale) for locale in _PEOPLE_LOCALES]
    for fake in fakers:
        fake.seed_instance(request.seed)
    people: dict[str, SeedPerson] = {}
    # Enough that pairs do not run out, however the shares of groups and pairs fall.
    while len(people) < max(request.conversations // 3 + 5, request.popular + 1):
        display_name = rng.choice(fakers).name()[:100]
        username = _username(display_name, rng)
        person = SeedPerson(id_made_at(len(people), rng), username, display_name, EPOCH)
        people.setdefault(username, person)
    return tuple(people.values())


def _username(display_name: str, rng: Random) -> str:
    """The name's own letters where it has Latin ones; the end keeps namesakes apart."""
    plain = unicodedata.normalize("NFKD", display_name).encode("ascii", "ignore").decode().lower()
    letters = "".join(it for it in plain.split(" ")[-1] if it.isalpha())
    suffix = "".join(rng.choices(_SUFFIX_LETTERS, k=6))
    return f"{letters[:20] or 'person'}.{suffix}"


def _make_circles(
    people: tuple[SeedPerson, ...], request: SeedRequest, rng: Random
) -> list[tuple[UUID, ...]]:
    """Who is in each conversation: no pair twice."""
    circles: list[tuple[UUID, ...]] = [
        (people[0].id, other.id) for other in people[1 : request.popular + 1]
    ]
    pairs = {frozenset(it) for it in circles}
    # The popular one has no others than those.
    others = people[1:] if request.popular else people
    while len(circles) < request.conversations:
        is_group = rng.random() < _GROUP_SHARE
        size = rng.randint(3, min(_LARGEST_GROUP, len(others))) if is_group else 2
        members = tuple(it.id for it in rng.sample(others, size))
        pair = frozenset(members)
        if is_group or pair not in pairs:
            circles.append(members)
        if not is_group:
            pairs.add(pair)
    if request.popular:
        rng.shuffle(circles)  # conversations begin in this order
    return circles


def _share_out(total: int, parts: int, rng: Random) -> list[int]:
    """`total` in `parts`, as uneven as real life: most people say little, some very much."""
    weights = [rng.lognormvariate(0, 1.2) for _ in range(parts)]
    whole = math.fsum(weights)
    # Cut where the running sums fall: rounding each part by itself would miss the total.
    cuts, reached = [0], 0.0
    for weight in weights:
        reached += weight
        cuts.append(round(total * reached / whole))
    cuts[-1] = total
    return [after - before for before, after in pairwise(cuts)]
