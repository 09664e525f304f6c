"""Kinds of spammers."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.spam.traffic import texts
from tests.spam.traffic.story import Kind, Story


def _age_of_a_throwaway(random: Random) -> timedelta:
    """Most begin within days of making the account; some let it ripen."""
    return timedelta(
        days=random.uniform(0.1, 4) if random.random() < 0.7 else 10 ** random.uniform(1, 2)
    )


def _write_to_strangers(
    story: Story, people: int, within_hours: float, text: Callable[[], str], answer_rate: float
) -> Story:
    for _ in range(people):
        story.write_first(story.random.uniform(0, within_hours), text(), answer_rate)
    story.be_complained_of(people, is_wanted=False)
    return story


def _copy_paste_blaster(random: Random) -> Story:
    """One text with the name filled in, to 20 to 120 strangers in at most six hours."""
    template, domain = random.choice(texts.PASTED_SPAM), random.choice(texts.DOMAINS)
    return _write_to_strangers(
        Story(random, _age_of_a_throwaway(random)),
        random.randint(20, 120),
        random.uniform(0.3, 6),
        lambda: texts.filled(random, template, domain),
        0.02,
    )


def _link_dropper(random: Random) -> Story:
    """Hardly more than a link, to 10 to 60 strangers in half a day; each link another."""
    domain = random.choice(texts.DOMAINS)
    return _write_to_strangers(
        Story(random, _age_of_a_throwaway(random)),
        random.randint(10, 60),
        random.uniform(1, 12),
        lambda: texts.filled(random, random.choice(texts.LINK_OPENERS), domain),
        0.05,
    )


def _template_spinner(random: Random) -> Story:
    """A text spun from synonyms, a few or many, to 30 to 150 strangers in one to twelve hours."""
    pieces = random.choice((texts.SPUN_LIGHTLY, texts.SPUN_HEAVILY))
    return _write_to_strangers(
        Story(random, _age_of_a_throwaway(random)),
        random.randint(30, 150),
        random.uniform(1, 12),
        lambda: texts.spun(random, pieces),
        0.03,
    )


def _slow_dripper(random: Random) -> Story:
    """Two or three strangers an hour for a week, from an account of weeks, in three wordings."""
    templates, domain = random.sample(texts.PASTED_SPAM, 3), random.choice(texts.DOMAINS)
    return _write_to_strangers(
        Story(random, timedelta(days=random.uniform(14, 120))),
        random.randint(200, 400),
        24 * 7,
        lambda: texts.filled(random, random.choice(templates), domain),
        0.04,
    )


def _newcomer_burst(random: Random) -> Story:
    """An account of minutes, and at once 15 to 60 strangers; nobody has had time to answer."""
    minutes = random.uniform(10, 90)
    template, domain = random.choice(texts.PASTED_SPAM), random.choice(texts.DOMAINS)
    return _write_to_strangers(
        Story(random, timedelta(minutes=minutes)),
        random.randint(15, 60),
        minutes / 60 * 0.9,
        lambda: texts.filled(random, template, domain),
        0.02,
    )


def _hijacked_account(random: Random) -> Story:
    """Somebody's old account: a link to 20 to 60 people whom they know, who half wonder."""
    story = Story(random, timedelta(days=random.uniform(200, 1500)))
    template, domain = random.choice(texts.PASTED_SPAM), random.choice(texts.DOMAINS)
    people = random.randint(20, 60)
    for number in range(people):
        hours_ago = random.uniform(0, 2)
        story.say(f"friend {number}", hours_ago, texts.filled(random, template, domain))
    story.be_complained_of(people // 2, is_wanted=False)
    return story


def _group_stuffer(random: Random) -> Story:
    """Makes groups of strangers, ten or so, and says the same in each, twice."""
    story = Story(random, _age_of_a_throwaway(random))
    template, domain = random.choice(texts.PASTED_SPAM), random.choice(texts.DOMAINS)
    groups = random.randint(4, 15)
    for number in range(groups * 2):
        text = texts.filled(random, template, domain)
        story.say(f"group {number % groups}", random.uniform(0, 8), text)
    story.be_complained_of(groups * 10, is_wanted=False)
    return story


def _romancer(random: Random) -> Story:
    """A few words to 20 to 60 strangers in a day; a quarter answer, and are drawn into talk."""
    story = Story(random, timedelta(days=random.uniform(1, 60)))
    people = random.randint(20, 60)
    for number in range(people):
        story.write_first(random.uniform(0, 24), random.choice(texts.ROMANCE), 0.25)
        if random.random() < 0.25:
            for _ in range(random.randint(2, 10)):
                story.say(f"drawn in {number}", random.uniform(0, 24), texts.small_talk(random))
    story.be_complained_of(people, is_wanted=False)
    return story


SPAMMERS = (
    Kind("copy-paste blaster", True, 0.25, _copy_paste_blaster),
    Kind("link dropper", True, 0.15, _link_dropper),
    Kind("template spinner", True, 0.10, _template_spinner),
    Kind("slow dripper", True, 0.10, _slow_dripper),
    Kind("newcomer burst", True, 0.20, _newcomer_burst),
    Kind("hijacked account", True, 0.05, _hijacked_account),
    Kind("group stuffer", True, 0.05, _group_stuffer),
    Kind("romancer", True, 0.10, _romancer),
)
