"""How a folder of a system begins: what `init` asks for, and the servers and settings of the demo."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sandbox:
    """The sandbox's servers: words of their command line, key of the address that is steered, setting → key of its
    address; and the configuration that the demo begins with.
    """

    words: tuple[str, ...]
    control: str
    addresses: Mapping[str, str]
    config: str = "config.json"


@dataclass(frozen=True)
class Asked:
    """One thing that `init` asks for config.json: its option, in words for the prompt and for the help.

    `needed`: it is asked for where no option gives it. `variable`: of the environment, for what is secret.
    """

    option: str
    text: str
    help: str
    needed: bool = False
    variable: str | None = None
    kind: type = str
    many: bool = False
