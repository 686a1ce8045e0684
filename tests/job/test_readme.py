"""README.md is run: its quick start, its walk to a real shop and its pipes, command by command as they stand there."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.systems import Sandbox
from tests.job.checkout import ROOT, Checkout

README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ANSWERS = ["sandbox-integration-token", "1380", "sandbox", "sandbox-password", "sandbox-client", "sandbox-secret"]
SECONDS = re.compile(r"\d+\.\d( s)?")
# How many requests a step needs follows the pace that the shop allows.
REQUESTS = re.compile(r"^( (?:tap|etl|target)) +\d+")
TARGET = {
    "username": "sandbox", "password": "sandbox-password", "client_id": "sandbox-client",
    "client_secret": "sandbox-secret", "account_id": 1380, "coupling_id": 77,
}  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A fenced block: the section it stands in, its language and its text."""

    section: str
    language: str
    text: str


def blocks() -> Iterator[Block]:
    titles = [(match.start(), match[1]) for match in SECTION.finditer(README)]
    for match in FENCE.finditer(README):
        section = next((title for place, title in reversed(titles) if place < match.start()), "")
        yield Block(section, match[1], match[2])


def commands(section: str) -> list[str]:
    """The lines of the section's shell blocks, without the remarks behind them."""
    text = "".join(block.text for block in blocks() if block.section == section and block.language == "sh")
    return [line.split("  #")[0].strip() for line in text.splitlines() if line.strip()]


def told(text: str) -> list[str]:
    """The lines of an output, without what differs from run to run and the width of columns."""
    lines = [REQUESTS.sub(r"\1 …", SECONDS.sub("…", line)).replace("─", "") for line in text.splitlines()]
    return [" ".join(line.split()) for line in lines if line.strip()]


def test_the_first_screen_says_what_it_is_with_the_picture_and_the_two_commands() -> None:
    screen = "\n".join(README.splitlines()[:30])
    picture, quick_start = (match[2] for match in FENCE.finditer(screen))
    assert "Keeps [Optiply](https://optiply.com) in step with a Magento 2 shop" in screen
    drawn = ("Magento REST", "tap-magento", "sync-output/", "optiply-etl", "etl-output/data.singer", "target-optiply",
             "Optiply API", "snapshots/")  # fmt: skip
    assert [name for name in drawn if name not in picture] == []
    assert [line.split("  #")[0].strip() for line in quick_start.splitlines()] == ["make demo", "make test"]


def test_the_quick_start_does_what_its_transcript_shows_and_the_next_days_follow(checkout: Checkout) -> None:
    first_line, *rest = commands("")
    assert first_line == "make demo"
    (transcript,) = [block.text for block in blocks() if block.language == "console"]
    shown_first, shown_again = transcript.split("$ make demo\n")[1:]
    first = checkout.bash(first_line)
    assert told(first.stdout) == told(shown_first), "README shows another demo than `make demo`"
    assert_that_the_last_lines_work(checkout, first.stdout)
    again = checkout.bash(first_line)
    assert told(again.stdout)[-3:] == told(shown_again)[-3:]
    assert {path.name for path in (checkout.root / ".demo" / "job").iterdir()} == drawn_folder()
    # The test that runs here cannot run all tests; that the verb is there is seen without doing it.
    assert rest.pop(0) == "make test"
    assert re.search(r"-m pytest .*\btests$", checkout.bash("make --dry-run test").stdout.strip())
    next_day, plan = rest
    (promised,) = re.findall(r"`(\d+ created, \d+ updated, \d+ disabled)`", README)
    assert checkout.bash(next_day).stdout.splitlines()[-3].startswith(promised)
    planned = checkout.bash(plan).stdout
    assert "differs from Optiply" in planned
    assert re.search(r"[1-9]\d* to create", planned.splitlines()[-1])


def assert_that_the_last_lines_work(checkout: Checkout, output: str) -> None:
    """The last two lines of the first demo name its folder and two commands, which work as printed."""
    *_, headline, where, further = output.splitlines()
    assert re.match(r"\d+ created; ", headline)
    assert where.startswith("The job folder is .demo/job: ")
    status, report = re.fullmatch(r"Try next: (\S+ status \S+) and (\S+ report \S+)", further).groups()
    assert status.startswith(".venv/bin/optiply-sync "), "as it can be typed where nothing is on the path"
    assert "Last runs" in checkout.bash(status).stdout
    assert (checkout.root / checkout.bash(report).stdout.strip()).is_file()
    (run,) = [path for path in (checkout.root / ".demo" / "job" / "runs").iterdir() if path.is_dir()]
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    logs = set(re.findall(r"`runs/<start>/([\w.]+)`", page))
    assert {"report.json", "tap.log", "target.log"} <= logs <= {path.name for path in run.iterdir()}, "as the docs say"


def drawn_folder() -> set[str]:
    """The files and folders of a job folder, as README draws it."""
    (drawing,) = [block.text for block in blocks() if block.section == "The job folder"]
    return {line.split()[0].rstrip("/") for line in drawing.splitlines()[1:]}


@pytest.fixture
def shop(sandbox: Sandbox) -> dict[str, str]:
    """Where Optiply is for programs that were given no address: production, but for these variables."""
    return {"optiply_base_url": sandbox.optiply_url, "optiply_dashboard_url": sandbox.auth_url}


def test_the_walk_to_a_real_shop_goes_through(checkout: Checkout, sandbox: Sandbox, shop: dict[str, str]) -> None:
    lines = commands("A real shop")
    assert [line.split()[1] for line in lines] == ["init", "doctor", "plan", "run", "report"]
    init, doctor, plan, run, report = lines
    checkout.bash(init, stdin="\n".join([sandbox.magento_url, *ANSWERS]) + "\n")
    assert "Ready to run." in checkout.bash(doctor, **shop).stdout
    before = sandbox.requests.writes("optiply")
    made = {path.name for path in (checkout.root / "acme").iterdir()}
    assert re.search(r"[1-9]\d* to create", checkout.bash(plan, **shop).stdout.splitlines()[-1])
    assert {path.name for path in (checkout.root / "acme").iterdir()} == made, "nothing is written, here or there"
    assert sandbox.requests.writes("optiply") == before
    assert re.search(r"[1-9]\d* created", checkout.bash(run, **shop).stdout.splitlines()[-1])
    assert (checkout.root / checkout.bash(report).stdout.strip()).read_text(encoding="utf-8").startswith("<!doctype")


def test_the_pipes_and_the_replay_write_the_shop_and_then_what_changed(checkout: Checkout, sandbox: Sandbox) -> None:
    three, two, replay, *with_state = commands("Without the job: pipes and replay")
    files = {
        "tap.json": {"store_url": sandbox.magento_url, "access_token": "sandbox-integration-token"},
        "config.json": {},
        "target.json": {**TARGET, "api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url},
    }
    for name, content in files.items():
        (checkout.root / name).write_text(json.dumps(content), encoding="utf-8")
    checkout.bash(three)
    written = sandbox.requests.writes("optiply")
    assert sum(written.values()) > 50
    assert set(written) >= {"POST products", "POST sellOrders"}
    product = sandbox.optiply.objects("products")[0]

    def written_after(*lines: str, price: float) -> dict[str, int]:
        """What the lines write when one price is another: that a pipe writes nothing would prove nothing."""
        sandbox.requests.clear()
        sandbox.call(lambda: sandbox.shop.edit_product(int(product["remoteIdMap"]["77"]), None, price=price))
        checkout.bash("\n".join(lines))
        assert float(sandbox.optiply.objects("products")[0]["price"]) == price
        return sandbox.requests.writes("optiply")

    one = {"PATCH products": 1}
    assert written_after(two, price=11.5) == one
    assert written_after("tap-magento --config tap.json > recorded.jsonl", replay, price=12.5) == one
    assert written_after(*with_state, price=13.5) == one
    bookmarks = json.loads((checkout.root / "state.json").read_text(encoding="utf-8"))["bookmarks"]
    assert bookmarks["orders"]["replication_key_value"]
    assert written_after(*with_state, price=13.5) == {}, "the shop stood still"
    later = json.loads((checkout.root / "state.json").read_text(encoding="utf-8"))["bookmarks"]
    assert later["orders"]["replication_key_value"] >= bookmarks["orders"]["replication_key_value"]
