"""What the content filter costs a message: `make filter-cost` prints the figures.

Aims: 1,000 rules add at most 0.1 ms of CPU to a message of 80 code points that none of them
matches, and a hostile text costs in proportion to its length.
"""

import random
import statistics
import time
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from fynix_server.policy.content_filter import ContentFilter, Kind, Rule, Verdict, check_rule

COUNTS = (0, 10, 100, 1_000)
LENGTHS = (10, 80, 500, 2_000)
TIMES = 7
ENOUGH_SECONDS = 0.02
ADDITIONS = 10_000_000

CHAT = (
    "hey, are you coming to the game tonight? we meet at 7 at the station, bring something to eat. "
    "Anna says she'll be late (again!), so don't wait for her; the photos from last time are at "
    "https://pictures.example.org/2026/summer?page=3 if you want a look. "
)
RUSSIAN = "привет, как дела? мы сегодня вечером идём в кино, там новый фильм, а потом ко мне. "
CHINESE = "你今天晚上来看比赛吗？我们七点在车站见面，带点吃的东西。"
RULED = "spamword1 http://casino1.example buy17 now 12345-17 "


def rules(count: int) -> list[Rule]:
    """Of each ten: four words, a phrase, three regexes, two domains; and one of each other kind."""
    made = list(islice(_patterns(random.Random(1)), count))
    for kind, pattern, verdict in made:
        check_rule(kind, pattern, verdict)
    return [
        Rule(UUID(int=number), pattern, kind, pattern, verdict, is_shadow=False)
        for number, (kind, pattern, verdict) in enumerate(made)
    ]


def _patterns(rng: random.Random) -> Iterator[tuple[Kind, str, Verdict]]:
    yield "max_links", "100", "hold"
    yield "attachment_type", "file:exe", "reject"
    yield "domain", "good.example", "allow"
    number = 0
    while True:
        number += 1
        yield "word", f"spamword{number}", "mask"
        yield "regex", rf"(?i)\bbuy{number}\s+now\b", "mask"
        yield "domain", f"casino{number}.example", "mask"
        for _ in range(3):
            yield "word", _letters(rng), "mask"
        yield "word", f"{_letters(rng)} {_letters(rng)}", "hold"
        yield "regex", rf"\b\d{{3,5}}-{number}\b", "hold"
        yield "regex", rf"(?i){_letters(rng)}[a-z]*\s{_letters(rng)}", "reject"
        yield "domain", f"{_letters(rng)}.{_letters(rng)}.com", "reject"


def _letters(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(4, 9)))


def texts() -> dict[str, str]:
    """Each is repeated and cut to the lengths that are measured."""
    rng = random.Random(2)
    strange = "".join(map(chr, rng.sample(range(0x80, 0xD7FF), 2_000)))
    return {
        "no hit": CHAT,
        "no hit, Russian": RUSSIAN,
        "no hit, Chinese": CHINESE,
        "hits all over": RULED,
        "hostile: single letters": "s.p.a.m.w.o.r.d ",
        "hostile: dots": "a.",
        "hostile: schemes": "http://",
        "hostile: signs for letters": "$p@mw0rd1 ",
        "hostile: one word": "a",
        "hostile: accents": "s\u0336p\u0336a\u0336m\u0336w\u0336o\u0336r\u0336d\u03361 ",
        "hostile: percent signs": "%2e",
        "hostile: 2,000 different characters": strange,
    }


def milliseconds(content_filter: ContentFilter, text: str) -> float:
    """CPU of one judgement, the median of several rounds, after one that is not counted."""
    content_filter.judge(text, "text")
    rounds = []
    for _ in range(TIMES):
        number, began = 0, time.process_time()
        while (spent := time.process_time() - began) < ENOUGH_SECONDS:
            for _ in range(20):
                content_filter.judge(text, "text")
            number += 20
        rounds.append(spent / number * 1_000)
    return statistics.median(rounds)


def machine_milliseconds() -> float:
    """How long this machine takes for ten million additions."""
    began, total = time.process_time(), 0
    for number in range(ADDITIONS):
        total += number
    return (time.process_time() - began) * 1_000


def main() -> None:
    additions = machine_milliseconds()
    print(f"10 million additions: {additions:.0f} ms; a message below, in ms")  # noqa: T201
    print(f"{'rules':>6} {'text':<36}" + "".join(f"{length:>9}" for length in LENGTHS))  # noqa: T201
    worst = 0.0
    for count in COUNTS:
        content_filter = ContentFilter(rules(count))
        for name, text in texts().items():
            costs = [milliseconds(content_filter, _cut(text, length)) for length in LENGTHS]
            print(f"{count:>6} {name:<36}" + "".join(f"{cost:>9.4f}" for cost in costs))  # noqa: T201
            worst = max(worst, costs[-1])
    typical = milliseconds(ContentFilter(rules(1_000)), _cut(CHAT, 80))
    print(  # noqa: T201
        f"1,000 rules, 80 code points, no hit: {typical:.4f} ms, {typical / additions * 1e6:.0f} "
        f"millionths of the additions; the worst of all: {worst:.2f} ms"
    )


def _cut(text: str, length: int) -> str:
    return (text * (length // len(text) + 1))[:length]


if __name__ == "__main__":
    main()
