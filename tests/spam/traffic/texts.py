"""What made-up people say: small talk from a corpus, and templates of spam and of the like."""

from collections.abc import Sequence
from functools import cache
from random import Random

from fynix_server.maintenance.corpus import load_languages

NAMES = ("Ana", "Ben", "Chidi", "Dewi", "Emil", "Fatima", "Goran", "Hana", "Ines", "Jonas", "Kofi")

PASTED_SPAM = (
    "Hello {name}! We pay 200 euros a day for liking videos from home. Write to our manager now.",
    "Dear {name}, your parcel could not be delivered. Confirm your address at {link} within 24 h",
    "{name}, I doubled my savings in a week with this trading group, ask me how before it closes",
    "Congratulations {name}!! You are today's winner of a new phone. Claim it here: {link}",
    "Hi {name}, I am a widow with a fortune to give to an honest person. Please answer quickly.",
    "SALE sale SALE: watches, bags, shoes at 80% off, only today {link} tell your friends {name}",
    "Привет {name}! Заработок от 5000 рублей в день без вложений, подробности тут {link}",
)
LINK_OPENERS = ("look {link}", "is this you?? {link}", "lol {link}", "hey see {link}", "{link}")
DOMAINS = ("win-now.example.com", "bit.ly", "t.me", "parcel-track.top", "gold-fx.info", "x9.club")

SPUN_LIGHTLY: tuple[tuple[str, ...], ...] = (
    ("Hi", "Hello", "Hey there"),
    ("we are looking for people who can work two hours a day from home",),
    ("and pay", "and we pay", "for"),
    ("150", "180", "200"),
    ("euros a day.", "euros per day."),
    ("No experience is needed, everything is explained to you.",),
    ("Write to", "Answer", "Contact"),
    ("our manager Anna and say who sent you",),
)
SPUN_HEAVILY: tuple[tuple[str, ...], ...] = (
    ("Hey", "Hi", "Hello", "Good day"),
    ("I've just found", "I discovered", "a friend showed me", "I came across"),
    ("an amazing", "a great", "this incredible", "one fantastic"),
    ("way", "method", "trick", "programme"),
    ("to earn", "to make", "that gets you"),
    ("money", "cash", "some income", "a second salary"),
    ("from home.", "online.", "on the side.", "without leaving the sofa."),
    ("It really works,", "It pays well,", "It changed my life,", "I wouldn't lie to you,"),
    ("check it", "look at it", "visit them", "see for yourself"),
    ("before the places are gone", "while it is still free", "soon", "today"),
)
ROMANCE = (
    "hi dear",
    "hello pretty",
    "hey, how are you?",
    "nice picture :)",
    "hi, where are you from",
)

ANNOUNCEMENTS = (
    "Dear members, the spring meeting is on the 14th at seven in the library. Agenda: {link}",
    "Reminder: training moves to hall 3 from next week on, same time. Tell me if you can't come.",
    "The community garden opens this Saturday! Bring gloves. Map and shifts are here: {link}",
    "Please vote for the new board until Sunday night, every voice counts: {link}",
)
PARTIES = (
    "I'm turning 30 on Friday! Come over at eight, bring nothing but yourselves and good songs.",
    "House warming at our new place this Saturday from six, the address is Mill Lane 4, top bell",
    "Barbecue at the lake on Sunday, we meet at noon by the boats, tell me if you bring a salad",
)
INVITATIONS = (
    "Hi {name}, our team moves to this chat from today on. Here is how to set it up: {link}",
    "Hi {name}, it's me from the office, I'm trying this out. Could you write back if you get it?",
    "Hello {name}, please join the project group here, the old list is closed on Monday: {link}",
)
GREETINGS = ("hi {name}, it's me!", "hey {name} :)", "I'm here now too {name}", "hello from here")
RECRUITING = (
    "Hi {name}, I read your talk on databases and think you'd fit a position in our team: {link}",
    "Hi {name}, we look for someone with your experience in {place}. May I tell you more? {link}",
)
PLACES = ("Lisbon", "Oslo", "Lagos", "Hanoi", "Lyon")
SUPPORT_ANSWERS = (
    "Thank you for writing to us! You can reset your password here: {link}",
    "We are sorry for the delay. Your order left our warehouse and arrives within three days.",
    "Please send us the number of your invoice, it is at the top right of the page.",
    "Refunds take up to five working days. You find the state of yours here: {link}",
    "Our office hours are nine to five. We answer each message within one working day.",
    "Could you update the app to the newest version and try again? Here is how: {link}",
    "I have passed your question on to a colleague who will answer you by tomorrow.",
    "Glad to hear that it works again! Write to us whenever something is amiss.",
)
NOTICES = (
    "Build 4821 of main failed in step lint. Log: {link}",
    "Your table for 4 at 19:30 is confirmed. Change or cancel it here: {link}",
    "Rain is expected in {place} within the hour. Forecast: {link}",
)


@cache
def _small_talk() -> tuple[str, ...]:
    return tuple(
        line
        for language in load_languages(seed=1)
        for exchange in language.exchanges
        for line in exchange
    )


def small_talk(random: Random) -> str:
    """Something said in passing."""
    return random.choice(_small_talk())


def filled(random: Random, template: str, domain: str) -> str:
    """The template with a name, a place, and a link below `domain` put in."""
    link = f"https://{domain}/{random.randrange(16**6):06x}"
    return template.format(name=random.choice(NAMES), place=random.choice(PLACES), link=link)


def spun(random: Random, pieces: Sequence[Sequence[str]]) -> str:
    """One of the ways to say it."""
    return " ".join(random.choice(it) for it in pieces)
