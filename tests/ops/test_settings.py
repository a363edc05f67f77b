"""What an installation may look like, and why a production start is refused."""

from __future__ import annotations

import secrets
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app import doctor
from app.environment import SettingsError
from app.settings import Settings, get_settings

KEYS = ("PLENARY_SESSION_SECRET", "PLENARY_LINK_KEY", "PLENARY_SIGNING_KEY")


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    """A complete production environment."""
    return {
        "DATABASE_URL": "postgresql://plenary@db/plenary",
        "PLENARY_DATA_DIR": str(tmp_path),
        "PLENARY_BASE_URL": "https://plenary.example.org",
        "PLENARY_HOST": "0.0.0.0",
        **{name: secrets.token_hex(32) for name in KEYS},
    }


def refusals(environment: dict[str, str]) -> tuple[str, ...]:
    try:
        return Settings.from_environment(environment).problems(environment)
    except SettingsError as error:
        return error.reasons


def test_a_complete_production_environment_is_accepted(production: dict[str, str]) -> None:
    settings = Settings.from_environment(production)
    assert settings.is_production
    assert settings.allowed_hosts == ("plenary.example.org",)
    assert refusals(production) == ()


def test_without_any_variable_it_is_a_private_installation(tmp_path: Path) -> None:
    settings = Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path)})
    assert settings.database_url is None
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.host == "127.0.0.1"
    assert not settings.is_production
    assert not settings.is_demo
    assert "[::1]" in settings.allowed_hosts
    assert settings.problems({}) == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PLENARY_BASE_URL": "http://plenary.example.org"}, "PLENARY_BASE_URL must begin with https://"),
        ({"PLENARY_BASE_URL": "http://127.0.0.1:8000"}, "PLENARY_BASE_URL must begin with https://"),
        ({"PLENARY_ALLOWED_HOSTS": "*"}, "PLENARY_ALLOWED_HOSTS"),
        ({"PLENARY_ALLOWED_HOSTS": "*.example.org"}, "PLENARY_ALLOWED_HOSTS"),
        ({"PLENARY_ALLOWED_HOSTS": ","}, "PLENARY_ALLOWED_HOSTS"),
        ({"PLENARY_DEMO": "1"}, "PLENARY_DEMO"),
        ({"LITESTAR_DEBUG": "1"}, "LITESTAR_DEBUG"),
        ({"LITESTAR_PDB": "1"}, "LITESTAR_PDB"),
        ({"PLENARY_SESSION_SECRET": ""}, "PLENARY_SESSION_SECRET is missing"),
        ({"PLENARY_LINK_KEY": ""}, "PLENARY_LINK_KEY is missing"),
        ({"PLENARY_SIGNING_KEY": ""}, "PLENARY_SIGNING_KEY is missing"),
        ({"PLENARY_SESSION_SECRET": "ab" * 8}, "PLENARY_SESSION_SECRET must be 64 hexadecimal digits"),
        ({"PLENARY_SESSION_SECRET": "correct horse battery staple"}, "PLENARY_SESSION_SECRET must be 64"),
        ({"PLENARY_SESSION_SECRET": "00" * 32}, "PLENARY_SESSION_SECRET looks like a placeholder"),
        ({"PLENARY_LINK_KEY": "deadbeef" * 8}, "PLENARY_LINK_KEY looks like a placeholder"),
    ],
)
def test_an_unsafe_production_start_is_refused_with_its_reason(
    production: dict[str, str], changes: dict[str, str], reason: str
) -> None:
    assert any(reason in text for text in refusals(production | changes)), refusals(production | changes)


def test_a_key_that_serves_two_purposes_is_refused(production: dict[str, str]) -> None:
    production["PLENARY_LINK_KEY"] = production["PLENARY_SESSION_SECRET"]
    assert any("must differ" in reason for reason in refusals(production))


def test_a_key_file_that_others_may_read_is_refused(production: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "signing"
    file.write_text(production.pop("PLENARY_SIGNING_KEY") + "\n")
    production["PLENARY_SIGNING_KEY_FILE"] = str(file)
    file.chmod(0o644)
    assert [reason for reason in refusals(production) if "can be read by others" in reason]
    file.chmod(0o400)
    assert refusals(production) == ()


def test_a_key_file_in_git_is_refused(production: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "link"
    file.write_text(production.pop("PLENARY_LINK_KEY"))
    file.chmod(0o400)
    production["PLENARY_LINK_KEY_FILE"] = str(file)
    for command in (["git", "init", "-q"], ["git", "add", "link"]):
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert [reason for reason in refusals(production) if "is in git" in reason]


def test_a_key_both_in_a_variable_and_a_file_is_refused(production: dict[str, str]) -> None:
    production["PLENARY_LINK_KEY_FILE"] = "/nowhere"
    assert refusals(production) == ("Set PLENARY_LINK_KEY or PLENARY_LINK_KEY_FILE, not both.",)


@pytest.mark.parametrize(
    "changes",
    [
        {"PLENARY_PORT": "80a"},
        {"PLENARY_PORT": "70000"},
        {"PLENARY_PORT": "٨٠٠٠"},
        {"PLENARY_WEB_WORKERS": "0"},
        {"PLENARY_PRODUCTION": "maybe"},
        {"PLENARY_BASE_URL": "plenary.example.org"},
        {"PLENARY_BASE_URL": "https://plenary.example.org/path"},
        {"PLENARY_SESSION_SECRET_FILE": "/nowhere/at/all"},
    ],
)
def test_a_malformed_value_names_its_variable(changes: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path), **changes})


def test_no_refusal_repeats_a_secret(production: dict[str, str]) -> None:
    production |= {"PLENARY_SESSION_SECRET": "hunter2", "PLENARY_BASE_URL": "http://plenary.example.org"}
    text = " ".join(refusals(production))
    assert "hunter2" not in text
    assert not any(production[name] in text for name in KEYS)


def test_the_settings_do_not_show_their_keys(production: dict[str, str]) -> None:
    settings = Settings.from_environment(production)
    shown = repr(settings)
    assert not any(key in shown for key in (repr(settings.link_key), settings.signing_key.hex()))


def test_generated_keys_are_private_and_the_same_at_the_next_start(tmp_path: Path) -> None:
    first = Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path)})
    second = Settings.from_environment({"PLENARY_DATA_DIR": str(tmp_path)})
    assert first == second
    assert len({first.session_secret, first.link_key, first.signing_key}) == 3
    for file in first.key_files:
        assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_processes_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    program = (
        "import sys; from app.settings import Settings; "
        f"print(Settings.from_environment({{'PLENARY_DATA_DIR': {str(tmp_path)!r}}}).link_key.hex())"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({process.communicate(timeout=30)[0] for process in started}) == 1


def test_a_demo_elsewhere_than_on_this_machine_is_refused() -> None:
    settings = replace(get_settings(), is_demo=True, is_production=True, host="0.0.0.0")
    with pytest.raises(SettingsError, match="PLENARY_DEMO"):
        settings.refuse_unsafe({})


def test_staff_need_a_second_factor_in_production_unless_told_otherwise(
    production: dict[str, str], tmp_path: Path
) -> None:
    assert Settings.from_environment(production).staff_needs_factor
    assert not Settings.from_environment(production | {"PLENARY_STAFF_SECOND_FACTOR": "0"}).staff_needs_factor
    without = Settings.from_environment(production | {"PLENARY_STAFF_SECOND_FACTOR": "0"})
    assert [finding.light for finding in doctor._settings(without)] == ["green", "amber"]
    assert [finding.light for finding in doctor._settings(Settings.from_environment(production))] == ["green"]
    private = {"PLENARY_DATA_DIR": str(tmp_path)}
    assert not Settings.from_environment(private).staff_needs_factor
    assert Settings.from_environment(private | {"PLENARY_STAFF_SECOND_FACTOR": "1"}).staff_needs_factor
