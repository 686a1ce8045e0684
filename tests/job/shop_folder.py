"""A job folder against a running sandbox, and the commands on it as a person types them."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from job.cli import main
from job.folder import JobFolder
from sandbox.systems import Sandbox


def make_folder(root: Path, sandbox: Sandbox, **flags: Any) -> JobFolder:
    """A folder whose configs point at the sandbox; flags go to config.json."""
    root.mkdir(parents=True, exist_ok=True)
    job = JobFolder(root)
    shop = {"store_url": sandbox.magento_url, "access_token": "sandbox-integration-token", "page_size": 50, **flags}
    target = {
        "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
        "client_secret": "sandbox-secret", "account_id": 1380, "coupling_id": 77, "api_url": sandbox.optiply_url,
        "auth_url": sandbox.auth_url, "unanswered_wait": 0.2, "retry_wait": 0.05,
    }  # fmt: skip
    job.config.write_text(json.dumps(shop), encoding="utf-8")
    job.target_config.write_text(json.dumps(target), encoding="utf-8")
    return job


def sync(*arguments: object, expected: int = 0) -> Result:
    """`optiply-sync ARGUMENTS`, which must end with the expected exit code."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == expected, result.output + repr(result.exception)
    return result


def report_of(*arguments: object, expected: int = 0) -> dict[str, Any]:
    """The report that the command prints as JSON."""
    value = json.loads(sync(*arguments, "--json", expected=expected).stdout)
    assert isinstance(value, dict)
    return value


def writes(sandbox: Sandbox) -> int:
    """How many requests have changed something in Optiply so far."""
    return sum(sandbox.requests.writes("optiply").values())
