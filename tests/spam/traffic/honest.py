"""Kinds of honest people, those who look like spammers among them."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from tests.spam.traffic import texts
from tests.spam.traffic.story import Kind, Story

_OWN_DOMAINS = ("club.example.org", "intranet.example.com", "help.example.com", "zoom.us")


def _chat(story: Story, partners: int, messages: int, within_hours: float = 24) -> None:
    """Small talk with people whom they know."""
    for _ in range(messages):
        partner = f"friend {story.random.randrange(partners)}"
        hours_ago = story.random.uniform(0, within_hours)
        story.say(partner, hours_ago, texts.small_talk(story.random))


def _years(random: Random) -> timedelta:
    return timedelta(days=random.uniform(30, 1500))


def _text_of(random: Random, templates: tuple[str, ...]) -> Callable[[], str]:
    """One of the templates, filled in anew each time."""
    template, domain = random.choice(templates), random.choice(_OWN_DOMAINS)
    return lambda: texts.filled(random, template, domain)


def _ordinary(random: Random) -> Story:
    """Two to fifteen friends, up to eighty messages a day, now and then somebody new."""
    story = Story(random, timedelta(days=random.uniform(3, 1500)))
    _chat(story, random.randint(2, 15), random.randint(0, 80))
    new = random.choice((0, 0, 0, 1, 1, 2, 4))
    for _ in range(new):
        story.write_first(random.uniform(0, 168), texts.small_talk(random), 0.85)
    story.be_complained_of(15, is_wanted=True)
    return story


def _newcomer(random: Random) -> Story:
    """An account of hours; says hello to three to twelve people whom they know, then talks."""
    hours = random.uniform(0.5, 48)
    story = Story(random, timedelta(hours=hours))
    friends = random.randint(3, 12)
    for _ in range(friends):
        text = texts.filled(random, random.choice(texts.GREETINGS), _OWN_DOMAINS[0])
        story.write_first(random.uniform(0, min(hours, 6)), text, 0.7)
    _chat(story, friends, random.randint(5, 60), min(hours, 24))
    story.be_complained_of(friends, is_wanted=True)
    return story


def _inviter(random: Random) -> Story:
    """An account of hours, and the same invitation to 8 to 25 colleagues within the hour."""
    hours = random.uniform(0.6, 8)
    story, text = Story(random, timedelta(hours=hours)), _text_of(random, texts.INVITATIONS)
    colleagues = random.randint(8, 25)
    begun = random.uniform(0.3, hours)
    for _ in range(colleagues):
        story.write_first(max(0.01, begun - random.uniform(0, 1)), text(), 0.5)
    story.be_complained_of(colleagues, is_wanted=True)
    return story


def _organiser(random: Random) -> Story:
    """An announcement to 15 to 60 members, one in five of whom they had not written to before."""
    story, text = Story(random, _years(random)), _text_of(random, texts.ANNOUNCEMENTS)
    members = random.randint(15, 60)
    begun = random.uniform(0.5, 23)
    for number in range(members):
        hours_ago = max(0.01, begun - random.uniform(0, 1.5))
        if random.random() < 0.2:
            story.write_first(hours_ago, text(), 0.4)
        else:
            story.say(f"member {number}", hours_ago, text())
    _chat(story, 10, random.randint(5, 40))
    story.be_complained_of(members, is_wanted=True)
    return story


def _party_host(random: Random) -> Story:
    """One invitation to eight to fifteen friends, and talk about it."""
    story = Story(random, timedelta(days=random.uniform(3, 1500)))
    text, friends, hours_ago = random.choice(texts.PARTIES), random.randint(8, 15), 3.0
    for number in range(friends):
        story.say(f"friend {number}", hours_ago - number / 100, text)
    _chat(story, friends, random.randint(10, 60), hours_ago)
    story.be_complained_of(friends, is_wanted=True)
    return story


def _support_agent(random: Random) -> Story:
    """Pastes eight answers to 30 to 150 people who wrote first; follows up on a few."""
    story, domain = Story(random, _years(random)), "help.example.com"
    people = random.randint(30, 150)
    for number in range(people):
        for _ in range(random.randint(1, 3)):
            answer = texts.filled(random, random.choice(texts.SUPPORT_ANSWERS), domain)
            story.say(f"customer {number}", random.uniform(0, 9), answer)
    for _ in range(random.randint(0, 6)):
        answer = texts.filled(random, random.choice(texts.SUPPORT_ANSWERS), domain)
        story.write_first(random.uniform(0, 168), answer, 0.5)
    story.be_complained_of(people, is_wanted=True)
    return story


def _bot(random: Random) -> Story:
    """An old account that notifies its 20 to 300 subscribers; some it has to write to first."""
    story, text = Story(random, _years(random)), _text_of(random, texts.NOTICES)
    subscribers = random.randint(20, 300)
    for _ in range(random.randint(50, 500)):
        story.say(f"subscriber {random.randrange(subscribers)}", random.uniform(0, 24), text())
    for _ in range(random.randint(0, subscribers // 4)):
        story.write_first(random.uniform(0, 168), text(), 0.05)
    story.be_complained_of(subscribers, is_wanted=True)
    return story


def _popular_person(random: Random) -> Story:
    """Answers 50 to 250 messages a day of people who wrote first."""
    story = Story(random, _years(random))
    _chat(story, random.randint(30, 200), random.randint(50, 250))
    for _ in range(random.randint(0, 3)):
        story.write_first(random.uniform(0, 168), texts.small_talk(random), 0.95)
    story.be_complained_of(200, is_wanted=True)
    return story


def _group_talker(random: Random) -> Story:
    """Talks in three to eight groups, and now and then says the same in two of them."""
    story = Story(random, timedelta(days=random.uniform(3, 1500)))
    groups = random.randint(3, 8)
    for _ in range(random.randint(20, 200)):
        text, hours_ago = texts.small_talk(random), random.uniform(0, 24)
        for group in random.sample(range(groups), 2 if random.random() < 0.05 else 1):
            story.say(f"group {group}", hours_ago, text)
    story.be_complained_of(60, is_wanted=True)
    return story


def _recruiter(random: Random) -> Story:
    """Writes to 10 to 40 strangers a week for their work, in two wordings; a third answer."""
    story = Story(random, _years(random))
    domain, people = "careers.example.com", random.randint(10, 40)
    for _ in range(people):
        text = texts.filled(random, random.choice(texts.RECRUITING), domain)
        story.write_first(random.uniform(0, 168), text, 0.35)
    # Not unwanted as spam is, nor asked for.
    story.be_complained_of(people // 4, is_wanted=False)
    return story


HONEST = (
    Kind("ordinary", False, 0.70, _ordinary),
    Kind("newcomer", False, 0.08, _newcomer),
    Kind("inviter", False, 0.01, _inviter),
    Kind("community organiser", False, 0.01, _organiser),
    Kind("party host", False, 0.02, _party_host),
    Kind("support agent", False, 0.005, _support_agent),
    Kind("bot with an old account", False, 0.005, _bot),
    Kind("popular person", False, 0.01, _popular_person),
    Kind("group talker", False, 0.155, _group_talker),
    Kind("recruiter", False, 0.005, _recruiter),
)
