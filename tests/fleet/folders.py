"""Job folders for the fleet's tests: against a sandbox, or with addresses that nobody asks."""

import json
from pathlib import Path
from typing import Any

from job.folder import JobFolder

SECRET = "a-token-that-nobody-may-see"


def quiet_folder(root: Path, **settings: Any) -> JobFolder:
    """A folder whose configuration is right, and whose shop is never asked."""
    root.mkdir(parents=True, exist_ok=True)
    job = JobFolder(root)
    shop = {"store_url": "http://127.0.0.1:9", "access_token": SECRET, **settings}
    target = {
        "username": "u", "password": SECRET, "client_id": "c", "client_secret": SECRET, "account_id": 1,
        "coupling_id": 1, "api_url": "http://127.0.0.1:9/v1", "auth_url": "http://127.0.0.1:9",
    }  # fmt: skip
    job.config.write_text(json.dumps(shop), encoding="utf-8")
    job.target_config.write_text(json.dumps(target), encoding="utf-8")
    return job
