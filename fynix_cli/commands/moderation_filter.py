"""`fynix moderation filter`: the rules of the content filter, through the API of a server."""

from pathlib import Path
from typing import Annotated

import typer

from fynix_cli.commands.moderation_filter_options import (
    ContentType,
    EnabledOption,
    Kind,
    RuleArgument,
    ShadowOption,
    Verdict,
)
from fynix_cli.moderating.options import DryRunOption, ReasonOption, YesOption
from fynix_cli.options import OutputOption, ProfileOption, ServerOption
from fynix_cli.output import OutputFormat

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rules for what may be written: words, regular expressions, domains, links, files.",
)


@app.command("list")
def list_rules(
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only of this kind.")] = None,
    shadow: ShadowOption = None,
    enabled: EnabledOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """List rules by name, with how many messages each has matched.

    \b
    Examples:
      fynix moderation filter list
      fynix moderation filter list --shadow -o jsonl

    Takes the role moderator. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rules import list_rules

    wanted = {"kind": kind, "is_shadow": shadow, "is_enabled": enabled}
    list_rules(Caller(profile, server), wanted, limit, output)


@app.command()
def show(
    rule: RuleArgument,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show one rule, how often it has matched, and when it did last.

    \b
    Examples:
      fynix moderation filter show casino

    Takes the role moderator. Exits 3 if there is no such rule, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rules import show_rule

    show_rule(Caller(profile, server), rule, output)


@app.command()
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 64 of a-z, 0-9, . _ -")],
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="What the pattern is.")],
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="What to look for.")],
    verdict: Annotated[Verdict, typer.Option("--verdict", help="What becomes of a message.")],
    reason: ReasonOption,
    live: Annotated[
        bool, typer.Option("--live", help="In force at once; else it only counts, in shadow.")
    ] = False,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Add a rule. It is in shadow at first: it counts what it would match, and changes nothing.

    \b
    KIND:             PATTERN:
      word            a word or a phrase; also where it is disguised
      regex           of RE2; (?i) for any case
      domain          example.com, with all below it
      max_links       how many links a message may have
      attachment_type image, file, or with an ending, such as file:exe

    \b
    Examples:
      fynix moderation filter add casino word casino --verdict hold --reason "spam wave"
      fynix moderation filter add shop regex "(?i)buy\\s+now" --verdict mask --reason ads
      fynix moderation filter add ours domain example.com --verdict allow --live --reason ours

    Takes the role admin. Exits 5 if the name is taken, 1 if the rule cannot be taken, 4 without
    the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rules import RuleAct, add_rule

    rule = {
        "name": name,
        "kind": kind.value,
        "pattern": pattern,
        "verdict": verdict.value,
        "is_shadow": not live,
    }
    add_rule(Caller(profile, server), rule, RuleAct(reason, dry_run), output)


@app.command()
def change(
    rule: RuleArgument,
    reason: ReasonOption,
    pattern: Annotated[
        str | None, typer.Option("--pattern", show_default=False, help="Look for this instead.")
    ] = None,
    verdict: Annotated[Verdict | None, typer.Option("--verdict", help="Another one.")] = None,
    shadow: ShadowOption = None,
    enabled: EnabledOption = None,
    rename: Annotated[
        str | None,
        typer.Option("--rename", metavar="NAME", show_default=False, help="Its new one."),
    ] = None,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Change a rule. Have it go live, or back into the shadow; another pattern, verdict or name.

    With another pattern it begins to count anew.

    \b
    Examples:
      fynix moderation filter change casino --live --reason "40 hits, all of them spam"
      fynix moderation filter change shop --pattern "(?i)buy.now" --shadow --reason "missed some"
      fynix moderation filter change shop --disabled --reason "season is over"

    Takes the role admin. Exits 3 if there is no such rule, 5 if it is all so already or the new
    name is taken, 1 if the rule cannot be taken, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rules import RuleAct, change_rule

    wanted = {
        "name": rename,
        "pattern": pattern,
        "verdict": None if verdict is None else verdict.value,
        "is_shadow": shadow,
        "is_enabled": enabled,
    }
    changes = {name: value for name, value in wanted.items() if value is not None}
    if not changes:
        raise typer.BadParameter("say what to change", param_hint="--pattern, --verdict, …")
    change_rule(Caller(profile, server), rule, changes, RuleAct(reason, dry_run), output)


@app.command()
def remove(
    rule: RuleArgument,
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Remove a rule, and what it has counted. (`change --disabled` keeps both.)

    \b
    Examples:
      fynix moderation filter remove casino --reason "spam wave is over"

    Takes the role admin. Exits 3 if there is no such rule, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rules import RuleAct, remove_rule

    remove_rule(Caller(profile, server), rule, RuleAct(reason, dry_run, yes), output)


@app.command("test")
def judge(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to judge; - for all of stdin.")],
    content_type: Annotated[
        ContentType, typer.Option("--type", help="Of the message.")
    ] = ContentType.text,
    rule: Annotated[
        list[str] | None,
        typer.Option(
            "--rule", metavar="KIND:PATTERN", help="Try this one too, as if it were live; several."
        ),
    ] = None,
    verdict: Annotated[
        Verdict, typer.Option("--verdict", help="Of the rules of --rule.")
    ] = Verdict.reject,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Show what the rules would make of a text. Which of them match, where, and why.

    Nothing is sent, stored or counted.

    \b
    Examples:
      fynix moderation filter test "come to my c4sino"
      fynix moderation filter test "buy now" --rule "regex:(?i)buy.now" --verdict mask
      fynix moderation filter test - -o json < message.txt

    Exits 0 if it would be allowed as it is, and 8 if it would be masked, held or rejected.
    Takes the role moderator. Exits 1 if a rule of --rule cannot be taken, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.verdicts import candidate, show_verdict, text_to_test

    wanted = {
        "text": text_to_test(text),
        "content_type": content_type.value,
        "rules": [candidate(it, verdict.value) for it in rule or []],
    }
    raise typer.Exit(show_verdict(Caller(profile, server), wanted, output))


@app.command("import")
def import_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Of JSON lines; - for stdin.")],
    reason: ReasonOption,
    dry_run: DryRunOption = False,
    profile: ProfileOption = None,
    server: ServerOption = None,
    output: OutputOption = OutputFormat.table,
) -> None:
    """Add rules from a file, and change those whose names are known. None is removed.

    Each line is a rule, as `export` prints it: name, kind, pattern, verdict, and, where they are
    not to stay as they are, is_shadow and is_enabled; new ones are in shadow unless they say
    otherwise. Up to 500 rules are in or out together; of more, those before the first refusal
    are in, and the same import again goes on.

    \b
    Examples:
      fynix moderation filter import rules.jsonl --dry-run --reason "the shared list"
      fynix moderation filter import rules.jsonl --reason "the shared list"

    Takes the role admin. Exits 2 if the file cannot be read as rules, 1 if a rule cannot be
    taken, 5 if there would be too many, 4 without the role.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rule_files import import_rules
    from fynix_cli.moderating.rules import RuleAct

    import_rules(Caller(profile, server), file, RuleAct(reason, dry_run), output)


@app.command()
def export(profile: ProfileOption = None, server: ServerOption = None) -> None:
    """Print every rule as a line of JSON, for `import`.

    \b
    Examples:
      fynix moderation filter export > rules.jsonl

    Takes the role moderator. Exits 4 without it.
    """
    from fynix_cli.moderating.people import Caller
    from fynix_cli.moderating.rule_files import export_rules

    export_rules(Caller(profile, server))
