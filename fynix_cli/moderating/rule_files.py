"""Rules as files of JSON lines: one rule on each, as `filter list -o jsonl` prints them too."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fynix_cli.client.filtering import FilterClient
from fynix_cli.errors import CommandError
from fynix_cli.exit_codes import ExitCode
from fynix_cli.moderating.people import Caller
from fynix_cli.moderating.rules import RuleAct, pages_of_rules
from fynix_cli.output import OutputFormat, print_json_line, print_object, progress, talk
from fynix_cli.session import rest_client
from fynix_server.protocol.filtering import (
    MAX_IMPORTED,
    MAX_RULES,
    ImportedRule,
    RuleContent,
    RuleResponse,
)

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_BATCH_BYTES = 200_000
"""Of rules in one request; the server takes bodies of 256 KiB."""

Imported = dict[str, Any]


def export_rules(caller: Caller) -> None:
    """Print every rule, in a form that `import_rules` reads."""

    async def load() -> list[RuleResponse]:
        async with rest_client(caller.profile, caller.server) as rest:
            return await pages_of_rules(FilterClient(rest.http), {}, MAX_RULES)

    for rule in asyncio.run(load()):
        print_json_line(rule.model_dump(mode="json", include=set(RuleContent.model_fields)))


def import_rules(caller: Caller, file: Path, act: RuleAct, output: OutputFormat) -> None:
    """Add and change rules by their names, a few hundred at a time, and tell which."""
    rules = parse_rules(_read(file), str(file))
    told = asyncio.run(_import(caller, rules, act))
    words = "Would add {}, change {}" if act.is_dry_run else "Added {}, changed {}"
    counts = words.format(len(told["added"]), len(told["changed"]))
    talk(f"{counts}; {len(told['unchanged'])} are so already.")
    if output is not OutputFormat.table:
        print_object({"dry_run": act.is_dry_run, **told}, output)
        return
    for what in ("added", "changed"):
        for name in told[what]:
            print_object({what: name}, output)


async def _import(caller: Caller, rules: Sequence[Imported], act: RuleAct) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {"added": [], "changed": [], "unchanged": []}
    async with rest_client(caller.profile, caller.server) as rest:
        client = FilterClient(rest.http)
        with progress("Importing", len(rules), is_wanted=len(rules) > MAX_IMPORTED) as advance:
            for batch in batches(rules):
                try:
                    done = await client.import_rules(batch, act.body)
                except CommandError as error:
                    raise _after(error, sum(map(len, told.values()))) from error
                for what in told:
                    told[what] += getattr(done, what)
                advance(len(batch))
    return told


def _after(error: CommandError, count: int) -> CommandError:
    if count == 0:
        return error
    return CommandError(
        f"after {count} rules: {error.message}",
        hint="those before are in; the same import again goes on",
        exit_code=error.exit_code,
    )


def batches(rules: Sequence[Imported]) -> Iterator[list[Imported]]:
    """In their order, as many at a time as go into one request."""
    batch: list[Imported] = []
    size = 0
    for rule in rules:
        length = len(json.dumps(rule, ensure_ascii=False).encode()) + 1
        if batch and (len(batch) == MAX_IMPORTED or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(rule)
        size += length
    if batch:
        yield batch


def parse_rules(data: bytes, source: str) -> list[Imported]:
    """The rules of a file, each checked. Raises: CommandError, which names the line."""
    rules: list[Imported] = []
    names: set[str] = set()
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        rule = _parse(line, f"{source} line {number}")
        if rule["name"] in names:
            raise _unreadable(f"{source} line {number}: the rule {rule['name']} is there twice")
        if len(rules) == MAX_RULES:
            raise _unreadable(f"{source} has more than {MAX_RULES:,} rules")
        names.add(rule["name"])
        rules.append(rule)
    if not rules:
        raise _unreadable(f"{source} has no rule")
    return rules


def _parse(line: bytes, where: str) -> Imported:
    try:
        rule = ImportedRule.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, problem["loc"]))
        said = f"{field}: {problem['msg']}" if field else problem["msg"]
        raise _unreadable(f"{where}: {said}") from None
    # A field that is spelt wrong would be passed over, and a rule be live that should not be.
    unknown = json.loads(line).keys() - RuleResponse.model_fields.keys()
    if unknown:
        raise _unreadable(f"{where}: there is no field {min(unknown)}")
    return rule.model_dump(exclude_none=True)


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with file.open("rb") as opened:
                data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise CommandError(
            f"cannot read {file}: {error.strerror}", exit_code=ExitCode.USAGE
        ) from error
    if len(data) > MAX_FILE_BYTES:
        raise _unreadable(f"{file} has more than {MAX_FILE_BYTES // 1024**2} MiB")
    return data


def _unreadable(why: str) -> CommandError:
    return CommandError(
        why,
        hint='write one on each line: {"name": "n", "kind": "word", "pattern": "p", '
        '"verdict": "hold"}',
        exit_code=ExitCode.USAGE,
    )
