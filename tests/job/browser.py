"""Drives a real headless Chromium, where the machine has one."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None and not os.environ.get("REQUIRE_BROWSER"), reason="there is no Chromium on this machine"
)


def browse(address: str, profile: Path, *options: str) -> str:
    """What the browser prints for the page."""
    assert BROWSER, "no Chromium was found, although REQUIRE_BROWSER is set"
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={profile}", *options, address,
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def dom(address: str, profile: Path) -> str:
    """The page's elements after its own lines have run."""
    return browse(address, profile, "--window-size=1200,900", "--dump-dom")
