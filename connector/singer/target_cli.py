"""The command of a target: options, configuration files, the first line of the log, exit codes."""

import logging
import sys
from pathlib import Path
from typing import IO, Any, ClassVar

import click
from typing_extensions import override

from connector.errors import ProgramError
from connector.files import FileError, read_object
from connector.names import PACKAGE
from connector.singer.sdk import ConfigValidationError, PluginBase, Target, _ConfigInput
from connector.stdout import in_a_sentence

HELP = """{writes}

Exit codes: 0 written to the end (refused and failed records are counted), 1 the login, the configuration, the input or
max_failures, 2 wrong command line.

\b
Example: {name} --config target.json --input {example}
"""


class TargetCommand(Target):
    """The SDK's target with a command line of its own.

    `writes`: what it does, the first sentence of --help; `example`: the name of a file of its input.
    """

    package_name = PACKAGE
    writes: ClassVar[str]
    example: ClassVar[str] = "data.singer"

    @classmethod
    def main(cls) -> None:
        """The console script."""
        # urllib3 would log each request; figures are in the report.
        logging.getLogger("urllib3").setLevel(logging.WARNING)
        try:
            with in_a_sentence(cls.name):
                cls.cli()
        except ProgramError as error:
            raise SystemExit(str(error)) from error
        except ConfigValidationError as error:  # raised before the SDK's own handler is in place
            raise SystemExit(str(error)) from error

    @classmethod
    def where(cls, config: dict[str, Any]) -> str:
        """What is written to, for the first line of the log. Raises ConfigValidationError."""
        raise NotImplementedError

    def run(self, file_input: IO[str] | None) -> int:
        """Reads the input to its end and returns the exit code."""
        raise NotImplementedError

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Only the settings this target uses."""
        PluginBase.append_builtin_config.__func__(cls, config_jsonschema)  # type: ignore[attr-defined]

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        ctx.meta["config_files"] = [Path(name) for name in value if name != "ENV"]
        config: dict[str, Any] = {}
        for name in ctx.meta["config_files"]:
            if not name.is_file():
                raise click.UsageError(f"The config file {name} does not exist; give its path with --config.")
            try:
                config |= read_object(name)
            except FileError as error:
                raise click.ClickException(f"The configuration cannot be used: {error}. Correct that file.") from error
        return _ConfigInput(config=config, parse_env="ENV" in value)

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK's own signature differs from its base
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        state: str | None = None,
        access_token: str | None = None,
    ) -> None:
        """Runs the target from its command line; `state` may name a resume file, a tap's STATE there is ignored."""
        PluginBase.invoke.__func__(cls, about=about, about_format=about_format)  # type: ignore[attr-defined]
        config = config or _ConfigInput()
        values = config.config | (cls._env_var_config if config.parse_env else {})
        values |= {"access_token": access_token} if access_token else {}
        values |= {"resume_path": state} if state and "resume_path" not in values else {}
        files = click.get_current_context().meta.get("config_files") or [None]
        try:
            cls.logger.info("Writing to %s.", cls.where(values))
            target = cls(config=values, config_file=files[-1])  # type: ignore[call-arg]  # as DeliveryTarget takes it
        except ConfigValidationError as error:
            reasons = "; ".join(reason.rstrip(".") for reason in error.errors)
            raise click.ClickException(
                f"The configuration cannot be used: {reasons}. Correct the file given with --config."
            ) from error
        sys.exit(target.run(file_input))

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.help = HELP.format(writes=cls.writes, name=cls.name, example=cls.example)
        for option in command.params:
            if option.name == "file_input":
                option.type = click.File("rb")  # the reader decodes, and says which line it cannot
        command.params += [
            click.Option(["--state"], help="A resume file of an interrupted run; a tap's STATE is ignored."),
            click.Option(["--access-token"], help="A token to use first, instead of the one in the config."),
        ]
        return command
