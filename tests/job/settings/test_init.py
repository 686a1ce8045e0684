"""`optiply-sync init` makes a folder that the other commands accept."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from job.cli import main
from job.folder import JobFolder
from job.settings.check import check_settings
from job.settings.schemas import config_schema, schemas, stale_schemas, target_schema

ROOT = Path(__file__).resolve().parents[3]
ANSWERS = ["https://shop.example.com/", "shop-token", "1380", "user", "passw0rd", "client", "s3cret"]
OPTIONS = ["--store-url", ANSWERS[0], "--account-id", "1380", "--username", "user", "--client-id", "client"]
SECRETS = {"MAGENTO_ACCESS_TOKEN": "shop-token", "OPTIPLY_PASSWORD": "passw0rd", "OPTIPLY_CLIENT_SECRET": "s3cret"}


def test_what_no_option_gives_is_asked_and_secrets_are_not_echoed(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["init", str(tmp_path / "acme")], input="\n".join(ANSWERS) + "\n")
    assert result.exit_code == 0, result.output
    for secret in ("shop-token", "passw0rd", "s3cret"):
        assert secret not in result.output
    job = JobFolder(tmp_path / "acme")
    check_settings(job)
    assert json.loads(job.config.read_text(encoding="utf-8"))["store_url"] == "https://shop.example.com"


def test_options_and_environment_answer_everything_and_the_files_are_private(tmp_path: Path) -> None:
    arguments = ["init", str(tmp_path / "acme"), *OPTIONS, "--inventory", "--warehouse", "ams", "--warehouse", "rtm"]
    result = CliRunner().invoke(main, arguments, env=SECRETS)
    assert result.exit_code == 0, result.output
    job = JobFolder(tmp_path / "acme")
    for path in (job.config, job.target_config):
        assert path.stat().st_mode & 0o777 == 0o600
        content = json.loads(path.read_text(encoding="utf-8"))
        assert (job.root / content["$schema"]).is_file()
    assert json.loads(job.config.read_text(encoding="utf-8"))["warehouse_ids"] == ["ams", "rtm"]


def test_files_that_are_there_are_replaced_only_when_asked(tmp_path: Path) -> None:
    arguments = ["init", str(tmp_path), *OPTIONS]
    assert CliRunner().invoke(main, arguments, env=SECRETS).exit_code == 0
    again = CliRunner().invoke(main, arguments, env=SECRETS)
    assert again.exit_code == 1
    assert "there already" in again.output
    assert CliRunner().invoke(main, [*arguments, "--force"], env=SECRETS).exit_code == 0


def test_a_wrong_answer_is_named_like_any_mistake_in_a_config(tmp_path: Path) -> None:
    arguments = ["init", str(tmp_path), *OPTIONS, "--api-url", "api.optiply.com"]
    result = CliRunner().invoke(main, arguments, env=SECRETS)
    assert result.exit_code == 1
    assert "'api_url' is \"api.optiply.com\"" in result.output


def test_the_schemas_in_the_repository_are_current() -> None:
    assert stale_schemas(ROOT / "configs" / "schemas") == []


@pytest.mark.parametrize("schema", [config_schema(), target_schema()], ids=list(schemas()))
def test_a_schema_is_one_that_editors_understand(schema: dict[str, object]) -> None:
    from jsonschema import Draft7Validator

    Draft7Validator.check_schema(schema)


@pytest.mark.parametrize("folder", ["demo", "example"])
def test_the_configs_in_the_repository_hold_known_keys_of_the_right_type(folder: str) -> None:
    from jsonschema import Draft7Validator

    for name, schema in (("config.json", config_schema()), ("target-config.json", target_schema())):
        content = json.loads((ROOT / "configs" / folder / name).read_text(encoding="utf-8"))
        assert [error.message for error in Draft7Validator(schema).iter_errors(content)] == []
