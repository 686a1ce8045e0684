"""Optiply as a destination: its target, the settings of target-config.json and its checks."""

from job.systems.system import (
    AT_LEAST_0,
    AT_LEAST_1,
    SECONDS,
    TIMEOUT,
    Destination,
    Schema,
    SettingsFile,
    later,
)


def _settings() -> tuple[Schema, list[str]]:
    from connector.singer.settings import json_schema
    from target_optiply.settings import SETTINGS

    return json_schema(SETTINGS)["properties"], ["account_id"]


OPTIPLY = Destination(
    program="target_optiply",
    settings=SettingsFile(
        name="target-config.json",
        title="Optiply: target-config.json",
        declared=_settings,
        forms={
            "request_timeout": TIMEOUT,
            "retry_wait": SECONDS,
            "retry_time": SECONDS,
            "unanswered_wait": SECONDS,
            "max_concurrency": AT_LEAST_1,
            "max_failures": AT_LEAST_0,
            "api_url": {"format": "uri", "examples": ["https://api.optiply.com/v1"]},
            "auth_url": {"format": "uri", "examples": ["https://dashboard.optiply.nl/api"]},
        },
        in_headers=frozenset({"access_token"}),
        trimmed=False,
        complaints=later("target_optiply.settings:missing_login"),
    ),
    sandbox={"api_url": "optiply_url", "auth_url": "auth_url"},
    checks=later("target_optiply.doctor:OptiplyChecks"),
    account=later("target_optiply.account:open_account"),
)
