"""Dockerfile, docker-compose.yml and what they mount, as far as one can say without Docker."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

import pytest
import yaml
from prometheus_client import Metric

from fynix_server import metrics
from fynix_server.settings import Settings, environment_name, load_settings
from tests.contracts import ROOT
from tests.contracts.test_settings_documented import documented

COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OWN = [name for name, service in SERVICES.items() if service["image"].startswith("fynix:")]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?P<rest>[^}]*)\}")


def interpolated(value: str, **known: str) -> str:
    """`value` as compose would read it with the variables `known` set."""

    def replace(match: re.Match[str]) -> str:
        if match["name"] in known:
            return known[match["name"]]
        assert match["rest"].startswith(":-"), f"{match[0]} has neither a value nor a default"
        return match["rest"].removeprefix(":-")

    return _VARIABLE.sub(replace, value)


def test_the_stack_is_postgres_redis_a_migration_two_instances_and_a_proxy() -> None:
    assert SERVICES.keys() >= {"postgres", "redis", "migrate", "fynix-1", "fynix-2", "proxy"}
    assert SERVICES["redis"]["image"] == "redis:7-alpine"


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = {match["name"] for match in _VARIABLE.finditer(COMPOSE_TEXT)}

    assert used <= documented().keys()


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "POSTGRES_PASSWORD"])
def test_a_secret_has_no_default_and_must_be_set(name: str) -> None:
    uses = [it["rest"] for it in _VARIABLE.finditer(COMPOSE_TEXT) if it["name"] == name]

    assert uses
    assert all(rest.startswith(":?") for rest in uses)
    assert documented()[name] is None


@pytest.mark.parametrize("service", OWN)
def test_each_variable_given_to_fynix_is_a_setting(service: str) -> None:
    known = {environment_name(field) for field in Settings.model_fields}

    assert SERVICES[service]["environment"].keys() <= known


def test_the_settings_of_an_instance_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {"JWT_SECRET_KEY": "k" * 32, "POSTGRES_PASSWORD": "letters"}
    environment = dict(re.findall(r"(FYNIX_[A-Z_]+)=(\S+)", DOCKERFILE))
    environment |= SERVICES["fynix-1"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, interpolated(value, **secrets))

    settings = load_settings()

    assert settings.env == "production"
    assert settings.database_url == "postgresql+asyncpg://fynix:letters@postgres:5432/fynix"
    assert settings.redis_url == "redis://redis:6379/0"
    assert settings.port == 8000


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_stays_has_a_healthcheck_and_restarts(service: str) -> None:
    if SERVICES[service]["restart"] == "no":
        assert SERVICES[service]["healthcheck"] == {"disable": True}
    else:
        assert SERVICES[service]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[service]["restart"] == "unless-stopped"


@pytest.mark.parametrize("image", sorted({it["image"] for it in SERVICES.values()}))
def test_an_image_names_its_version(image: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d[\w.-]*", image)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_services_that_can_meet_the_condition(service: str) -> None:
    for name, dependency in SERVICES[service].get("depends_on", {}).items():
        stays = SERVICES[name]["restart"] != "no"
        expected = "service_healthy" if stays else "service_completed_successfully"
        assert dependency["condition"] == expected


@pytest.mark.parametrize("service", SERVICES)
def test_a_mounted_file_or_volume_exists(service: str) -> None:
    for volume in SERVICES[service].get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert (ROOT / source).exists()
        else:
            assert source in COMPOSE["volumes"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_port_is_published_to_this_machine_only(service: str) -> None:
    for port in SERVICES[service].get("ports", []):
        assert interpolated(port).startswith("127.0.0.1:")


def test_the_proxy_passes_to_every_instance_and_upgrades_sockets() -> None:
    proxy = (ROOT / "config" / "nginx.conf").read_text()

    instances = {name for name in OWN if SERVICES[name]["restart"] != "no"}
    assert set(re.findall(r"server (fynix-\d+):8000", proxy)) == instances
    assert "proxy_set_header Upgrade $http_upgrade;" in proxy
    assert "$request_uri" not in proxy
    assert '"$request"' not in proxy


def test_the_image_runs_as_nobody_special_and_holds_no_secret() -> None:
    stages = DOCKERFILE.split("\nFROM ")

    assert "USER fynix" in stages[-1]
    assert "HEALTHCHECK" in stages[-1]
    assert not re.search(r"(?i)^(ENV|ARG).*(secret|password|token)", DOCKERFILE, re.MULTILINE)


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    allowed = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in line.split()
    ]

    assert set(copied) == set(allowed)
    assert all((ROOT / source).exists() for source in copied)


def test_prometheus_asks_every_instance_where_it_answers() -> None:
    scraped = _yaml("prometheus.yml")["scrape_configs"][0]["static_configs"][0]["targets"]
    port = SERVICES["fynix-1"]["environment"]["FYNIX_METRICS_ADDRESS"].rsplit(":", 1)[1]

    assert scraped == [f"{name}:{port}" for name in OWN if name != "migrate"]


def test_an_alert_counts_metrics_that_exist() -> None:
    names = set(_sample_names(metrics.REGISTRY.collect()))
    expressions = [rule["expr"] for rule in _yaml("alerts.yml")["groups"][0]["rules"]]

    for expression in expressions:
        for metric in re.findall(r"fynix_\w+", expression):
            assert metric in names, f"{metric} in {expression}"


def _yaml(name: str) -> dict[str, Any]:
    text = (ROOT / "config" / "prometheus" / name).read_text()
    return cast(dict[str, Any], yaml.safe_load(text))


def _sample_names(families: Iterable[Metric]) -> Iterator[str]:
    suffixes = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",)}
    for family in families:
        for suffix in suffixes.get(family.type, ("",)):
            yield family.name + suffix
