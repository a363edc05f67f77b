"""compose.yaml and the image, read: who is started, as whom, with what rights, and what is reached from outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.inventory import PROJECT
from tests.supply_chain import LOCKS, pins

TEXT = (PROJECT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ALWAYS = {"balancer", "database", "migrate", "web", "worker"}
SCALE = ALWAYS | {"web-2", "worker-2", "dask-scheduler", "dask-worker"}
BALANCER = COMPOSE["configs"]["balancer"]["content"]


def started(profile: str = "") -> set[str]:
    return {name for name, one in SERVICES.items() if not one.get("profiles") or profile in one["profiles"]}


def test_the_profile_scale_starts_two_of_each_and_a_dask_cluster() -> None:
    assert started() == ALWAYS
    assert started("scale") == SCALE
    assert SERVICES["dask-worker"]["deploy"]["replicas"] == 2
    kinds = [SERVICES[name]["command"][0] for name in ("web", "web-2", "worker", "worker-2")]
    assert kinds == ["serve", "serve", "worker", "worker"]
    assert sum("postgres" in one["image"] for one in SERVICES.values()) == 1
    for name in ("worker", "worker-2"):
        assert "dask-scheduler:8786" in SERVICES[name]["environment"]["DASK_SCHEDULER"]


def test_only_the_balancer_has_a_port_of_this_machine_and_that_on_its_own_address() -> None:
    assert {name for name, one in SERVICES.items() if one.get("ports")} == {"balancer"}
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["balancer"]["ports"])
    assert not [name for name, one in SERVICES.items() if one.get("network_mode") or one.get("privileged")]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_read_only_without_rights_and_watched(name: str) -> None:
    one = SERVICES[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one["pids_limit"] <= 256
    # The database's entry point gives its folder away and steps down; `migrate` ends by itself.
    assert set(one.get("cap_add", ())) <= (
        {"CHOWN", "DAC_READ_SEARCH", "FOWNER", "SETGID", "SETUID"} if name == "database" else set()
    )
    assert name == "migrate" or "test" in one["healthcheck"]
    assert one["image"] == "plenary" or one["image"].startswith("docker.io/library/")
    assert ":" in one["image"] or one["build"]["dockerfile"] == "Containerfile"


def test_ours_run_as_an_ordinary_user() -> None:
    last = (PROJECT / "Containerfile").read_text().rpartition("\nFROM ")[2]
    user = re.search(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user is not None
    assert int(user[1]) > 0
    assert SERVICES["balancer"]["user"] == "99:99"
    for name, one in SERVICES.items():
        assert one["image"] != "plenary" or "user" not in one, name


def test_secrets_are_files_and_reach_those_alone_who_need_them() -> None:
    for name, one in SERVICES.items():
        for variable, value in (one.get("environment") or {}).items():
            is_secret = re.search(r"SECRET|PASSWORD|_KEY", variable) and "FACTOR" not in variable
            assert not is_secret or str(value).startswith("/run/secrets/"), f"{name}: {variable}"
    holders = {name for name, one in SERVICES.items() if "signing_key" in one.get("secrets", ())}
    assert holders == {"migrate", "web", "web-2", "worker", "worker-2"}
    assert SERVICES["database"]["secrets"] == ["database_password"]


def test_pages_and_database_reach_nothing_outside() -> None:
    inside = {name for name, network in COMPOSE["networks"].items() if network and network.get("internal")}
    reaching = {name for name, one in SERVICES.items() if set(one["networks"]) - inside}
    assert reaching == {"balancer", "worker", "worker-2"}
    assert {name for name, one in SERVICES.items() if "cluster" in one["networks"]} == {
        *("worker", "worker-2", "dask-scheduler", "dask-worker")
    }


def test_the_balancer_asks_readyz_sends_nothing_twice_and_keeps_figures_in() -> None:
    assert "uri /readyz" in BALANCER
    assert "retry-on conn-failure" in BALANCER
    assert "http-request deny deny_status 404 if { path /metrics }" in BALANCER
    assert "http-response del-header server" in BALANCER
    assert re.search(r"path_beg /live/", BALANCER)
    assert re.search(r"backend live\n(.*\n)*?\s+timeout server 1h", BALANCER)
    assert {"web:8000", "web-2:8000"} == set(re.findall(r"server-template \w+ \d+ (\S+)", BALANCER))
    # Its log would hold addresses of pages, which name consultations and people.
    assert "httplog" not in BALANCER


def test_a_profile_s_services_depend_on_what_is_started_with_them() -> None:
    for name, one in SERVICES.items():
        assert set(one.get("depends_on", ())) <= SCALE, name
        if not one.get("profiles"):
            assert set(one.get("depends_on", ())) <= ALWAYS, name


def test_the_image_installs_dask_from_pins_that_the_tests_ran_with() -> None:
    own, dev = pins([PROJECT / "requirements-dask.lock"]), pins([LOCKS[1]])
    assert {"dask", "distributed"} <= own.keys()
    assert own.items() <= dev.items()
    assert not own.keys() & pins([LOCKS[0]]).keys()
    assert "-r requirements-dask.lock" in (PROJECT / "Containerfile").read_text()
    assert "!requirements-dask.lock" in (PROJECT / ".dockerignore").read_text()
