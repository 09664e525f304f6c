"""What is matched is underlined where a terminal shows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fynix_cli.moderating.marking import MAX_COLUMNS, underlined
from fynix_cli.output import visible


@pytest.mark.parametrize(
    ("text", "part", "lines"),
    [
        ("a free lunch", "free", ("a free lunch", "  ^^^^")),
        ("免费 free", "free", ("免费 free", "     ^^^^")),
        ("看免费的", "免费", ("看免费的", "  ^^^^")),
        ("e\u0301e\u0301 free", "free", ("e\u0301e\u0301 free", "   ^^^^")),
        ("a\nfree", "free", ("a␊free", "  ^^^^")),
        ("\x1b[2Jfree", "free", ("␛[2Jfree", "    ^^^^")),
        ("a\u200bb", "\u200b", ("a\u200bb", " ^")),
    ],
)
def test_a_mark_stands_under_the_match(text: str, part: str, lines: tuple[str, str]) -> None:
    start = text.index(part)

    assert underlined(text, start, start + len(part)) == lines


def test_of_a_long_text_the_part_around_the_match_is_shown() -> None:
    text = "x" * 500 + "free" + "y" * 500

    shown, marks = underlined(text, 500, 504)

    assert shown.startswith("…x")
    assert shown.endswith("y…")
    assert shown[marks.index("^") : len(marks)] == "free"


_TEXTS = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("免é\u0301👍"))
)


@given(_TEXTS, st.data())
def test_lines_fit_and_the_mark_begins_under_the_match(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))

    shown, marks = underlined(text, start, end)

    assert cell_len(shown) <= MAX_COLUMNS
    assert len(marks) <= MAX_COLUMNS
    assert marks.endswith("^")
    assert visible(shown) == shown
