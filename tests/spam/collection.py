"""The SMS Spam Collection: whether honest texts pass for copies of each other.

It labels texts, and says nothing of who sent them to whom, which is what the score is about. But
real short messages show how often two that have nothing to do with each other are taken for the
same, and how much of real spam comes twice.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from fynix_server.spam.similarity import alike_pairs, comparable, most_alike

DRAWS, TEXTS_EACH = 200, 200


def report_on_texts(path: Path, seed: int) -> str:
    """`path`: lines of a label, `ham` or `spam`, a tab, and a text."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    labelled = [line.split("\t", 1) for line in lines if "\t" in line]
    ham = _telling([text for label, text in labelled if label == "ham"])
    spam = _telling([text for label, text in labelled if label == "spam"])
    drawn = _alike_among_draws(ham, seed)
    return "\n".join(
        (
            f"Different texts that are compared: {len(ham)} honest, {len(spam)} spam.",
            f"Nearly the same as another: {_twins(ham)} honest, {_twins(spam)} spam.",
            f"If somebody sends {TEXTS_EACH} of the honest ones, each to somebody else, at most"
            f" {max(drawn)} get nearly the same ({DRAWS} draws; half of them: at most"
            f" {sorted(drawn)[DRAWS // 2]}).",
        )
    )


def _telling(contents: Sequence[str]) -> list[str]:
    """Those long enough to be compared, in the form that is compared, each once."""
    texts = (comparable(it) for it in contents)
    return sorted({it.words for it in texts if it.is_telling})


def _twins(texts: Sequence[str]) -> int:
    """How many have another that is nearly the same."""
    return len({place for pair in alike_pairs(texts) for place in pair})


def _alike_among_draws(texts: Sequence[str], seed: int) -> list[int]:
    random = Random(seed)
    samples = (random.sample(texts, TEXTS_EACH) for _ in range(DRAWS))
    return [most_alike({text: {text} for text in sample}) for sample in samples]
