"""Standard output that takes nothing is a sentence of every program, --help and --version included."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "optiply-sync": ["-m", "job", "--version"],
    "optiply-fleet": ["-m", "fleet", "key"],
    "tap-magento": ["-m", "tap_magento", "--about"],
    "tap-easyecom": ["-m", "tap_easyecom", "--help"],
    "target-optiply": ["-m", "target_optiply", "--about"],
    "optiply-etl": ["-c", "from etl.mapper import main; main()", "--about"],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_full_disk_behind_the_output_is_a_sentence(name: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, *PROGRAMS[name]], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"{name}: The system refused what this program prints")
    assert "No space left on device" in line


def test_a_closed_output_is_a_sentence_of_a_tap() -> None:
    program = "import sys; sys.stdout = None; from connector.stdout import put_out; put_out(b'x')"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    said = "RunError: Standard output is closed, so that nothing can be put out; let it go somewhere, and run again."
    assert done.stderr.strip().endswith(said)
