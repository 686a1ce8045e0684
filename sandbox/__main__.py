"""The command `python -m sandbox`: serve the APIs on loopback, and small verbs that steer a running sandbox."""

import argparse
import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.optiply.store import Settings
from sandbox.server.state import SandboxError
from sandbox.systems import SYSTEMS, Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code: 0 when done, 1 when it failed; a wrong command line exits with 2."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="verb")

    serve = verbs.add_parser("serve", help="run the servers until interrupted")
    for name, system in SYSTEMS.items():
        text = "0 picks a free one" + (" (%(default)s)" if system.port else f"; without it {name} is not run")
        serve.add_argument(f"--{name}-port", type=_port, default=system.port, help=text)
    serve.add_argument("--no-magento", action="store_true", help="run without Magento and its shop")
    serve.add_argument("--products", type=int, help="how many products the shop has")
    serve.add_argument("--orders", type=int, help="how many orders the shop has")
    serve.add_argument("--seed", type=int, help="another seed is another shop")
    serve.add_argument("--latency", type=float, default=0.0, help="seconds added to every request (%(default)s)")
    serve.add_argument("--state-dir", type=Path, help="keep what was written and the days that passed here")
    serve.add_argument(
        "--token-lifetime", type=float, default=3600, help="seconds an Optiply token lives (%(default)s)"
    )
    serve.add_argument("--announce", type=Path, help="also write the line with the addresses to this file")
    serve.add_argument(
        "--until-stdin-closes", action="store_true", help="end when standard input does, so that no orphan is left"
    )
    serve.set_defaults(run=_serve)

    next_day = verbs.add_parser("next-day", help="move the clock and the shop on")
    next_day.add_argument("--url", required=True, help="an address of the running sandbox")
    next_day.add_argument("--days", type=int, default=1)
    next_day.set_defaults(run=lambda options: _ask(options.url, "POST", "next-day", {"days": options.days}))

    faults = verbs.add_parser("faults", help="set fault rules, list them (no rule) or remove them (--clear)")
    faults.add_argument("--url", required=True, help="an address of the running sandbox")
    faults.add_argument("--clear", action="store_true", help="remove all rules")
    faults.add_argument("rules", nargs="*", help='rules as JSON: {"method": "POST", "nth": 3, "status": 503}')
    faults.set_defaults(run=_faults)

    do = verbs.add_parser("do", help="do what people do in a shop or an account, or name the verbs (no step)")
    do.add_argument("--url", required=True, help="an address of the running sandbox")
    do.add_argument("steps", nargs="*", help='steps as JSON: {"do": "place", "items": {"PART-A": 2}}')
    do.set_defaults(run=_do)

    for verb, method, text in (
        ("requests", "GET", "show what a server was asked"),
        ("dump", "GET", "show all data of a server"),
        ("health", "GET", "say whether a server runs, and its time"),
        ("reset", "POST", "put both servers back to the first day"),
    ):
        simple = verbs.add_parser(verb, help=text)
        simple.add_argument("--url", required=True, help="an address of the running sandbox")
        simple.set_defaults(run=lambda options, verb=verb, method=method: _ask(options.url, method, verb))
    return parser


def _port(text: str) -> int:
    """Read a port number; argparse words the refusal."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port: it must be from 0 to 65535")
    return port


def _serve(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; the first line on stdout holds the addresses."""
    ended = threading.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda *_: ended.set()) for number in signals]
    try:
        with _sandbox(options) as sandbox:
            line = json.dumps({**sandbox.addresses(), "pid": os.getpid()})
            if options.announce is not None:
                _write_whole(options.announce, line + "\n")
            print(line, flush=True)
            if options.until_stdin_closes:
                threading.Thread(target=_end_with_stdin, args=(ended,), daemon=True).start()
            ended.wait()
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
    return 0


def _sandbox(options: argparse.Namespace) -> Sandbox:
    ports = {name: getattr(options, f"{name}_port") for name in SYSTEMS}
    return Sandbox(
        seed=options.seed,
        products=options.products,
        orders=options.orders,
        latency=options.latency,
        state_dir=options.state_dir,
        ports={name: port for name, port in ports.items() if port is not None},
        settings=Settings(token_lifetime=options.token_lifetime),
        magento=not options.no_magento,
        picqer=ports["picqer"] is not None,
        easyecom=ports["easyecom"] is not None,
    )


def _end_with_stdin(ended: threading.Event) -> None:
    """Wait for the end of standard input: it comes also when the process at its other end is killed."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    ended.set()


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever waits for it never reads half of it."""
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(text)
        os.replace(fresh, path)
    except OSError as error:
        raise SandboxError(f"{path} cannot be written ({error.strerror}): name another --announce file.") from error


def _faults(options: argparse.Namespace) -> int:
    if options.clear:
        return _ask(options.url, "DELETE", "faults")
    if not options.rules:
        return _ask(options.url, "GET", "faults")
    rules = _read(options.rules, 'A fault rule is JSON such as {"nth": 3, "status": 503}')
    return _ask(options.url, "POST", "faults", rules)


def _do(options: argparse.Namespace) -> int:
    if not options.steps:
        return _ask(options.url, "GET", "do")
    steps = _read(options.steps, 'A step is JSON such as {"do": "ship", "order_id": 12}')
    return _ask(options.url, "POST", "do", steps)


def _read(texts: Sequence[str], rule: str) -> list[object]:
    """Read arguments that are JSON; `rule` says what they should be."""
    try:
        return [json.loads(text) for text in texts]
    except ValueError as error:
        raise SandboxError(f"{rule}: {error}.") from error


def _ask(url: str, method: str, verb: str, body: object = None) -> int:
    """Send one request to a control endpoint and print the answer."""
    parts = urlsplit(url if "//" in url else "//" + url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise SandboxError(f"{url} is not an address of a sandbox: it must be on this machine, such as 127.0.0.1.")
    target = f"http://{parts.netloc}/_sandbox/{verb}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(target, data=data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # nosec B310  # http and this machine, see above
            print(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise SandboxError(f"The sandbox refused: {error.read().decode()}") from error
    except OSError as error:
        raise SandboxError(
            f"No sandbox answers at {parts.netloc} ({error}): start one with python -m sandbox serve."
        ) from error
    return 0


if __name__ == "__main__":
    sys.exit(main())
