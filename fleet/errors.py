"""What a command of the fleet says when it cannot go on."""

from connector.errors import ProgramError


class FleetError(ProgramError):
    """One sentence for the person who runs the fleet: what happened and what helps."""
