"""What made-up people say: real exchanges in many languages, or made-up sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fynix_server.protocol.fields import Content

# Locales that Faker has words of its own for; elsewhere it speaks Latin.
_LOCALES = ("ar_AA", "de_DE", "en_US", "es_ES", "fr_FR", "he_IL", "ja_JP", "pl_PL", "ru_RU")
_SENTENCES_PER_LOCALE = 400

_content: TypeAdapter[str] = TypeAdapter(Content)

Exchange = tuple[str, ...]
"""Lines that belong together, each said by another person than the one before."""


@dataclass(frozen=True)
class Language:
    name: str
    exchanges: tuple[Exchange, ...]


def load_languages(seed: int) -> tuple[Language, ...]:
    """Languages by name, each with something to say, all of it fit to be a message.

    From `chatterbot-corpus` and PyYAML where both are installed, else made up by Faker, the
    same for the same seed.
    """
    if find_spec("chatterbot_corpus") and find_spec("yaml"):
        return _from_corpus()
    return _made_up(seed)


def _from_corpus() -> tuple[Language, ...]:
    from chatterbot_corpus.corpus import DATA_DIRECTORY

    folders = sorted(it for it in Path(DATA_DIRECTORY).iterdir() if it.is_dir())
    found = (Language(folder.name, tuple(_exchanges_in(folder))) for folder in folders)
    return tuple(it for it in found if it.exchanges)


def _exchanges_in(folder: Path) -> Iterator[Exchange]:
    import yaml

    # The one in C reads all of it in a sixth of a second; not every build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(folder.glob("*.yml")):
        with path.open(encoding="utf-8") as file:
            document = yaml.load(file, loader)  # noqa: S506 - a safe loader, either way
        for exchange in document.get("conversations", ()):
            if _is_sayable(exchange):
                yield tuple(exchange)


def _is_sayable(exchange: Any) -> bool:
    # YAML makes something else than text of a bare `yes` or `42`.
    if not isinstance(exchange, list) or not exchange:
        return False
    try:
        return all(isinstance(line, str) and _content.validate_python(line) for line in exchange)
    except ValidationError:
        return False


def _made_up(seed: int) -> tuple[Language, ...]:
    from faker import Faker

    languages = []
    for locale in _LOCALES:
        fake = Faker(locale)
        fake.seed_instance(seed)
        lines = [fake.sentence() for _ in range(_SENTENCES_PER_LOCALE)]
        languages.append(Language(locale, tuple(zip(lines[::2], lines[1::2], strict=True))))
    return tuple(languages)
