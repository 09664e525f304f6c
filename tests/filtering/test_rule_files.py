"""Files of rules: what is written is read back, and what is no rule is named by its line."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynix_cli.errors import CommandError
from fynix_cli.moderating.rule_files import MAX_BATCH_BYTES, batches, parse_rules
from fynix_cli.output import to_json
from fynix_server.protocol.filtering import MAX_IMPORTED, MAX_RULES, RuleContent

RULE = {"name": "n", "kind": "word", "pattern": "p", "verdict": "hold"}
_PATTERNS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=500
)
_RULES = st.builds(
    RuleContent,
    name=st.from_regex(r"[a-z0-9][a-z0-9_.\-]{0,63}", fullmatch=True),
    kind=st.sampled_from(["word", "regex", "domain", "max_links", "attachment_type"]),
    pattern=_PATTERNS,
    verdict=st.sampled_from(["allow", "mask", "hold", "reject"]),
    is_shadow=st.booleans(),
    is_enabled=st.booleans(),
)


@given(st.lists(_RULES, min_size=1, max_size=20, unique_by=lambda rule: rule.name))
def test_what_is_exported_is_read_back_as_it_was(rules: list[RuleContent]) -> None:
    lines = [to_json(rule.model_dump(mode="json")) for rule in rules]

    read = parse_rules("\n".join(lines).encode(), "rules")

    assert [RuleContent.model_validate(it) for it in read] == rules


@given(st.lists(st.integers(min_value=1, max_value=500), max_size=1500), st.sampled_from("aé免"))
def test_batches_keep_the_order_and_fit_into_a_request(lengths: list[int], char: str) -> None:
    rules: list[dict[str, Any]] = [{"pattern": char * length} for length in lengths]

    made = list(batches(rules))

    assert [rule for batch in made for rule in batch] == rules
    for batch in made:
        assert 0 < len(batch) <= MAX_IMPORTED
        assert len(json.dumps(batch, ensure_ascii=False).encode()) <= MAX_BATCH_BYTES + 1000


@given(st.binary(max_size=200))
def test_any_bytes_are_rules_or_refused(data: bytes) -> None:
    try:
        rules: list[Any] | None = parse_rules(data, "rules")
    except CommandError:
        rules = None

    assert rules != []


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["{"], "rules line 1: "),
        ([RULE, ["n"]], "rules line 2: "),
        ([RULE, {**RULE, "name": "m", "kind": "glob"}], "rules line 2: kind: "),
        ([{**RULE, "shadow": False}], "rules line 1: there is no field shadow"),
        ([{**RULE, "is_shadow": "no"}], "rules line 1: is_shadow: "),
        ([RULE, {**RULE, "name": "N"}], "rules line 2: the rule n is there twice"),
        (["[" * 100_000], "rules line 1: "),
        ([""], "rules has no rule"),
        ([{**RULE, "name": f"n{it}"} for it in range(MAX_RULES + 1)], "more than 5,000 rules"),
    ],
    ids=lambda value: "" if isinstance(value, list) else value,
)
def test_what_is_no_rule_is_named_by_its_line(lines: list[Any], why: str) -> None:
    text = "\n".join(it if isinstance(it, str) else json.dumps(it) for it in lines)

    with pytest.raises(CommandError) as refused:
        parse_rules(text.encode(), "rules")

    assert why in str(refused.value)
