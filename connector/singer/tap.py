"""The command of a tap: options, signals, exit codes and the one clear sentence a failed run ends with."""

import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, Any, ClassVar

import click
from typing_extensions import override

from connector.errors import ProgramError, RunError, Stopped
from connector.hotglue import save_estimates, save_exception, save_token
from connector.singer.arguments import config_file, read_catalog, read_json, read_optional
from connector.singer.reading import ReadingTap
from connector.singer.sdk import ConfigValidationError, MappingError, _ConfigInput
from connector.stdout import in_a_sentence

HELP = """Read {reads} and write Singer messages to standard output.

Exit codes: 0 read to the end, or stopped by a signal (bad records are isolated and counted), 1 a stream, the login or
the configuration failed, 2 wrong command line.

\b
Example: {name} --config config.json --state state.json > sync-output/tap.singer
"""
SIGNALS = ("SIGTERM", "SIGINT", "SIGUSR1")


class SourceTap(ReadingTap):
    """A tap as a command; a further system's declares its name, settings, streams, source and what it `reads`."""

    reads: ClassVar[str]

    @classmethod
    def main(cls) -> None:
        """The console script."""
        with in_a_sentence(cls.name):
            cls.cli()

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Merges the configuration files; `ENV` adds variables named like the tap."""
        merged: dict[str, Any] = {}
        for name in value:
            merged |= {} if name == "ENV" else read_json(Path(name), "config")
        return _ConfigInput(config=merged, parse_env="ENV" in value)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """The SDK's options and HotGlue's `--access-token`."""
        command = super().get_singer_command()
        command.help = HELP.format(reads=cls.reads, name=cls.name)
        help_text = "Log in anew, save the access token in the config file, and end."
        command.params.append(click.Option(["--access-token"], is_flag=True, help=help_text))
        return command

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        access_token: bool = False,
    ) -> None:
        """Runs the command line; see the exit codes in HELP."""
        if about:
            cls.print_about(about_format)
            return
        given = config or _ConfigInput()
        saved = dict(given.config)

        def action() -> int:
            tap = cls(
                config=given.config,
                state=read_optional(state, "state"),
                catalog=read_catalog(catalog),
                parse_env_config=given.parse_env,
            )
            return tap.renew_token(config_file(sys.argv), saved) if access_token else tap.run()

        sys.exit(cls.guarded(action))

    @classmethod
    def guarded(cls, action: Callable[[], int]) -> int:
        """Runs an action; an expected error becomes a sentence and exit code 1."""
        try:
            return action()
        except ConfigValidationError as error:
            reasons = "; ".join(error.errors)
            return cls.failed(
                ProgramError(f"The configuration cannot be used: {reasons}. Correct the file given with --config.")
            )
        except MappingError as error:
            return cls.failed(
                ProgramError(f"The setting stream_maps cannot be used: {error}. Correct it, or leave it out.")
            )
        except ProgramError as error:
            return cls.failed(error)

    @classmethod
    def failed(cls, error: BaseException) -> int:
        """Says why the run failed, in one last line, and gives the exit code."""
        save_exception(error)
        logging.getLogger(cls.name).error("%s", " ".join(str(error).split()))
        return 1

    def run(self) -> int:
        """Reads everything chosen and gives the exit code: 0, or 1 when a stream or the whole run failed.

        Raises RunError: there are no credentials, or no way to the system that could be tried.
        """
        source = self.source
        self._listen()
        try:
            if folder := self.config.get("hg_sync_output"):
                source.start()
                save_estimates(str(folder), self.chosen(), self.logger)
            self.read()
        except Stopped:
            self.state_writer.write_state(self.state)
            self.logger.warning(
                "Stopped by a signal; streams not read to their end will be read again by the next run."
            )
            return 0
        except ProgramError as error:
            try:
                self.state_writer.write_state(self.state)
            except RunError as another:  # the reason of the end is said last
                self.logger.error("%s", another)
            return self.failed(error)
        finally:
            source.close()
        if not self.failures:
            return 0
        first = next(iter(self.failures.values()))
        save_exception(first)
        names = ", ".join(sorted(self.failures))
        self.logger.error("%d of the streams failed (%s). The first reason: %s", len(self.failures), names, first)
        return 1

    def _listen(self) -> None:
        """Lets SIGTERM, SIGINT and SIGUSR1 end the run between two pages."""

        def stop(_signum: int, _frame: FrameType | None) -> None:
            self.source.pool.stopping.set()

        for name in SIGNALS:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), stop)

    def renew_token(self, file: Path | None, config: dict[str, Any]) -> int:
        """`--access-token`: logs in anew and saves the token in the configuration file; nothing for fixed tokens."""
        token = self.source.renewed_token()
        if token is None:
            self.logger.info("The credentials of this configuration never expire; there is no access token to refresh.")
        elif file is None:
            self.logger.info("The login works; without --config there is no file to save the token in.")
        else:
            save_token(file, config, token)
            self.logger.info("The new access token is saved in %s.", file)
        return 0
