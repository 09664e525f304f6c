"""The documents say what the code does: nothing is left out, nothing is there no more."""

import importlib
import json
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, get_args

import pytest
from pydantic import BaseModel
from quart import Quart

from fynix_cli.main import COMMANDS
from fynix_cli.reference.page import terminal_variables
from fynix_server import http, metrics, protocol
from fynix_server.app import create_app
from fynix_server.protocol import frames
from fynix_server.protocol.close_codes import CloseCode
from fynix_server.settings import load_settings
from fynix_server.tables import Table
from tests.contracts import ROOT
from tests.contracts.test_settings_documented import documented

DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
API_PAGES = [DOCS / "protocol.md", *sorted((DOCS / "admin").glob("*.md"))]
"""What the wire is like: for everybody, and for those with a role."""
API = "\n".join(page.read_text() for page in API_PAGES)
PROTOCOL = API_PAGES[0].read_text()
ARCHITECTURE = (DOCS / "architecture.md").read_text()
OPERATIONS = (DOCS / "operations.md").read_text()
README = (ROOT / "README.md").read_text()
OF_THE_TERMINAL = terminal_variables().keys()
"""Variables that are no settings of the server."""


class Example(NamedTuple):
    """A block of JSON and the name of its shape, which the text above it says last."""

    shape: str
    value: Any


def examples() -> list[Example]:
    found = []
    for before, block in re.findall(r"([^\n]+)\n\n```json\n(.+?)```", API, re.DOTALL):
        paragraph = API[: API.index(block)].rsplit("\n\n", 2)[-2]
        assert paragraph.endswith(before)
        shape = re.findall(r"`([A-Z]\w+[a-z])`", paragraph)[-1]
        found.append(Example(shape, json.loads(block)))
    return found


def protocol_modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(protocol.__path__):
        yield importlib.import_module(f"{protocol.__name__}.{found.name}")


def shapes() -> dict[str, type[BaseModel]]:
    return {
        name: shape
        for module in protocol_modules()
        for name, shape in vars(module).items()
        if isinstance(shape, type) and issubclass(shape, BaseModel) and shape is not BaseModel
    }


def frame_models() -> list[type[BaseModel]]:
    unions = (frames.ClientFrame, frames.ServerFrame)
    return [model for union in unions for model in get_args(get_args(union)[0])]


def codes_in_the_source() -> set[str]:
    """Every `code` that a refusal can carry."""
    # What `maintenance` refuses is told by the command line, never by the wire.
    sources = [
        path.read_text()
        for path in (ROOT / "fynix_server").rglob("*.py")
        if "maintenance" not in path.parts
    ]
    written = {it for text in sources for it in re.findall(r'\bcode ?= ?"([a-z_]+)"', text)}
    return written | set(http._CODE_OF_STATUS.values()) | {"http_error"}


def routes(app: Quart) -> Iterator[str]:
    """Each method and path, as the document writes them."""
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield f"{method} {path}"


# ── protocol.md ──────────────────────────────────────────────────────────────────────────────


def test_every_route_is_in_the_protocol_and_no_other(tmp_path: Path) -> None:
    app = create_app(load_settings(data_dir=tmp_path))
    said = set(re.findall(r"(?:### |`)((?:GET|POST|PATCH|PUT|DELETE) /[^\s`]+)", API))

    assert said == set(routes(app))


def test_every_code_of_a_refusal_is_in_the_table_and_no_other() -> None:
    said = re.findall(r"^\| `([a-z_]+)` \| (?:\d{3}|any|–) \|", API, re.MULTILINE)

    assert len(said) == len(set(said))
    assert set(said) == codes_in_the_source()


def test_every_close_code_is_in_the_table_and_no_other() -> None:
    table = PROTOCOL.split("### Close codes")[1].split("\n## ")[0]

    assert re.findall(r"^\| (\d{4}) \|", table, re.MULTILINE) == [
        str(int(code)) for code in sorted(CloseCode)
    ]


def test_an_example_is_of_the_shape_that_it_is_said_to_be() -> None:
    for example in examples():
        shape = shapes()[example.shape]
        shape.model_validate_json(json.dumps(example.value))
        assert example.value.keys() == shape.model_fields.keys(), example.shape


def test_every_shape_of_a_body_or_an_answer_has_an_example() -> None:
    told = {example.shape for example in examples()}
    # Parts of others, queries, and shapes that stand as a part in an example of another.
    parts = {"Shape", "FieldProblem", "UserResponse", "OwnUserResponse", "SessionResponse"}
    parts |= {"ConversationResponse", "MessageResponse"}
    parts |= {"ModeratedUserResponse", "RestrictionResponse"}
    parts |= {"QuotaShape", "OverrideResponse", "LimitResponse"}
    parts |= {"UserSessionResponse", "ConnectionResponse", "InstanceResponse"}
    parts |= {"CasePerson", "CaseResponse", "EvidenceMessage"}
    parts |= {"PurgePlace", "PurgedConversation", "ReviewedMessage", "AuditMark"}
    parts |= {"RuleContent", "ImportedRule", "CandidateRule", "RuleMatchResponse"}
    parts |= {"HeldMessageResponse", "HeldTextResponse"}
    parts |= {"RetentionPolicyResponse", "LegalHoldResponse"}
    parts |= {"SpamAssessmentResponse", "SpamSignal"}
    wanted = {name for name in shapes() if not name.endswith("Query")} - parts

    assert wanted <= told


@pytest.mark.parametrize("model", frame_models(), ids=lambda model: model.__name__)
def test_every_frame_has_an_example(model: type[BaseModel]) -> None:
    (type_name,) = get_args(model.model_fields["type"].annotation)

    assert any(
        example.shape == model.__name__ and example.value["type"] == type_name
        for example in examples()
    )


# ── README.md and operations.md ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_variable_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"\bFYNIX_[A-Z_]+[A-Z]\b", page.read_text()))

    assert named <= documented().keys() | OF_THE_TERMINAL


def test_the_readme_states_the_defaults() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (`?)([^|`]+)`? \|", README, re.MULTILINE)

    assert rows
    for name, is_literal, default in rows:
        assert documented()[name] == (default if is_literal else None), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_a_page_shows_exists(page: Path) -> None:
    shown = re.findall(r"(?:`|\bbin/|^|fynix-1 )fynix ([a-z]+)", page.read_text(), re.MULTILINE)

    assert set(shown) <= COMMANDS.keys()


def test_a_make_target_that_a_page_names_exists() -> None:
    named = {it for page in PAGES for it in re.findall(r"[`^\n]make ([a-z-]+)", page.read_text())}
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"serve", "test"} <= named <= targets


def test_every_metric_is_in_operations() -> None:
    families = {family.name: family.type for family in metrics.REGISTRY.collect()}
    own = {
        name + ("_total" if kind == "counter" else "")
        for name, kind in families.items()
        if name.startswith("fynix_")
    }
    said = re.findall(r"^\| `(fynix_\w+)", OPERATIONS, re.MULTILINE)

    assert set(said) == own


def test_every_log_event_is_in_operations() -> None:
    serving = (ROOT / "fynix_server", ROOT / "fynix_cli" / "serving")
    sources = [path.read_text() for part in serving for path in part.rglob("*.py")]
    calls = r"\blog\.(?:debug|info|warning|error|critical)\(\s*\"([a-z_]+)\""
    logged = {event for text in sources for event in re.findall(calls, text)}
    table = OPERATIONS.split("## Logs")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)

    assert {event for row in rows for event in re.findall(r"`(\w+)`", row)} == logged


# ── architecture.md and the decisions ────────────────────────────────────────────────────────


def test_the_layers_are_those_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = (it["layers"] for it in contracts["contracts"] if it["id"] == "layers")
    table = ARCHITECTURE.split("## Layers")[1].split("\n\n- ")[0]
    rows = re.findall(r"^\| [\w ]+ \| (`.+`) \|", table, re.MULTILINE)

    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == [
        set(re.findall(r"\w+", layer)) for layer in layers
    ]
    assert [" : " in row for row in rows] == [" : " in layer for layer in layers]


def test_every_table_and_every_package_of_the_terminal_is_told_of() -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", ARCHITECTURE, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    packages = {it.parent.name for it in (ROOT / "fynix_cli").glob("*/__init__.py")}

    assert Table.metadata.tables.keys() <= told
    assert packages - {"commands"} <= told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_module_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text().split("## Names")[0]
    for name in re.findall(r"`([\w/]+\.py)`", text):
        places = [ROOT / name, ROOT / "fynix_server" / name, ROOT / "fynix_cli" / name]
        # A module may have grown into a package since a decision named it.
        places += [it.with_suffix("") / "__init__.py" for it in places]
        is_in_each_feature = "/" not in name and any((ROOT / "fynix_server").glob(f"*/{name}"))
        assert is_in_each_feature or any(it.exists() for it in places), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in _anchors(linked), target


def test_a_decision_has_a_number_of_its_own_and_its_parts() -> None:
    numbers = [path.name[:4] for path in DECISIONS]

    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]}: ")
        assert re.findall(r"^## (\w+)", text, re.MULTILINE) == [
            "Context",
            "Options",
            "Choice",
            "Consequence",
        ]


def test_every_decision_is_in_the_list() -> None:
    listed = re.findall(r"^\| \[\d{4}\]\((\S+)\)", (DOCS / "decisions/README.md").read_text(), re.M)

    assert listed == [path.name for path in DECISIONS]


def test_a_document_that_the_code_names_exists() -> None:
    for package in ("fynix_server", "fynix_cli"):
        for path in (ROOT / package).rglob("*.py"):
            for name in re.findall(r"docs/[\w./-]+\.md", path.read_text()):
                assert (ROOT / name).exists(), f"{path.name} names {name}"


def _anchors(page: Path) -> set[str]:
    """The anchors that a forge makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}
