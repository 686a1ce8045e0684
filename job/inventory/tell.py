"""What the inventory commands print, and the rows of their JSON."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import click

from connector.words import counted
from inventory.arithmetic import Calculation
from inventory.audit import Entry, Obstacle, Standing, Status, Why
from inventory.process import Processed
from inventory.push import Pushed
from inventory.settle import Planned, Settlement
from inventory.verify import Comparison, Difference
from job.snapshot.tell import print_table
from job.systems.system import Grid

SHOWN = 20
OUTCOMES = ("duplicate", "superseded", "waiting", "failed", "dead")


def headline(done: Processed) -> str:
    """One sentence on a run over the queue."""
    there = done.applied - done.written
    told = [f"{counted(done.written, 'figure')} written"]
    told += [f"{there} stood there already"] if there > 0 else []
    told += [f"{count} {name}" for name in OUTCOMES if (count := getattr(done, name))]
    told += [f"{done.busy} held by another worker"] if done.busy else []
    return ", ".join(told) + "."


def notes(done: Processed) -> list[str]:
    """The sentences that a run's report has on stock from the warehouse system."""
    found = [] if headline(done) == headline(Processed()) else [f"stock from the warehouse system: {headline(done)}"]
    found += [f"stock: {told}" for told in _mended(done)]
    if done.failed or done.dead or done.waiting:
        found.append("stock: 'optiply-sync inventory status' names the figures that wait, failed or are dead, and why.")
    return found


def processed(done: Processed) -> None:
    """Print what a run over the queue did."""
    for told in _mended(done):
        click.echo(f"  {told}")
    if done.cut:
        click.echo(f"  {counted(done.cut, 'figure')} lost their decimals: the product is sold in whole units.")
    if done.cleaned:
        click.echo(f"  {counted(done.cleaned, 'finished message')} older than audit_days removed.")
    click.echo(headline(done))
    if done.trouble:
        click.echo(
            f"It ended early: {done.trouble.rstrip('.')}. What was not written waits for the next call.", err=True
        )


def _mended(done: Processed) -> list[str]:
    return [f"{_named(one)} {_stood(one)}; {_became(one)}" for one in done.mended[:SHOWN]]


def pushed(made: Pushed) -> None:
    """Print what became of a file."""
    for row in made.refused[:SHOWN]:
        click.echo(f"  line {row.line}{f' ({row.sku})' if row.sku else ''} refused: {row.reason}")
    _more(len(made.refused) - SHOWN)
    carried = f" in {counted(len(made.messages), 'message')}" if made.messages else ""
    click.echo(
        f"{counted(made.queued, 'figure')} queued{carried}, {made.unchanged} unchanged, {len(made.refused)} refused."
    )


def plan_row(one: Planned) -> dict[str, Any]:
    """A planned figure as JSON shows it."""
    found = one.calculation
    return {
        "sku": one.figure.sku,
        "source": one.figure.source,
        "message": f"{one.figure.channel} {one.figure.message_id}",
        "sequence": one.figure.sequence,
        "exported": one.exported.isoformat(),
        **calculation_row(found),
    }


def calculation_row(found: Calculation) -> dict[str, Any]:
    """A calculation as JSON shows it: units found, and what they did to the figure."""
    return {
        "received": found.received,
        "known": found.known,
        "known_effect": found.known_effect,
        "unsent": found.unsent,
        "unsent_effect": found.unsent_effect,
        "carts": found.carts,
        "carts_effect": found.carts_effect,
        "total": found.total,
        "quantity": found.quantity,
        "in_stock": found.in_stock,
        "previous": found.previous,
        "notes": list(found.notes),
    }


def held_row(one: Settlement) -> dict[str, Any]:
    """A figure that cannot be written, as JSON shows it."""
    figure = one.figure
    return {"sku": figure.sku, "source": figure.source, "state": one.state, "reason": one.reason}


def plan(to_write: Sequence[Planned], hindered: Sequence[Settlement]) -> None:
    """Print a plan."""
    titles = ("sku", "source", "sequence", *_PARTS, "stands now", "would be", "notes")
    if to_write:
        print_table(titles, [[one.figure.sku, one.figure.source, one.figure.sequence, *_parts(one.calculation),
                              _number(one.calculation.previous, "nothing"), _would_be(one.calculation),
                              "; ".join(one.calculation.notes)] for one in to_write])  # fmt: skip
    if hindered:
        print_table(
            ("sku", "source", "would be", "why"),
            [[one.figure.sku, one.figure.source, one.state, one.reason] for one in hindered],
        )
    changes = sum(one.calculation.previous != one.calculation.quantity for one in to_write)
    click.echo(f"{counted(changes, 'figure')} to change, {len(to_write) - changes} as they are, {len(hindered)} held.")


def status(found: Status) -> None:
    """Print how the queue is."""
    states = ", ".join(f"{count} {name}" for name, count in sorted(found.states.items())) or "none"
    click.echo(f"Figures: {states}.")
    click.echo(f"Messages kept: {found.messages}, turned away: {found.turned_away}.")
    unread = f", {found.unverified} of them not read back yet" if found.unverified else ""
    click.echo(f"Stock figures of the shop that come from here: {found.keys}{unread}.")
    if found.open_since:
        click.echo(f"The oldest open figure waits since {_time(found.open_since)}.")
    if found.problems:
        rows = [[_message(one), one.sku, one.source, one.state, _time(one.at), one.reason] for one in found.problems]
        print_table(("message", "sku", "source", "state", "at (UTC)", "why"), rows)


def why(sku: str, found: Why) -> Iterator[str | Grid]:
    """Why a SKU has the stock it has."""
    if not found.standing and not found.entries:
        yield f"Nothing was ever received or pushed for {sku}."
        return
    for one in found.standing:
        yield _stands(one)
        yield f"  {_sum(one.calculation)}"
        yield from (f"  {told}." for told in one.calculation.notes)
    if not found.standing:
        yield f"No figure of {sku} was applied yet."
    titles = ("message", "source", "sequence", "received", "state", "at (UTC)", "tries", "why")
    if found.entries:
        yield titles, [_entry(one) for one in found.entries]


def compared(found: Comparison, *, repair: bool) -> None:
    """Print a comparison."""
    if found.differences:
        rows = [[one.sku, one.source, one.expected, _number(one.found, "nothing"),
                 _became(one) if repair else "would be written"] for one in found.differences]  # fmt: skip
        print_table(("sku", "source", "should stand", "stood", "what became of it"), rows)
    mended = sum(one.repaired for one in found.differences)
    ending = f", {mended} put right" if repair else ""
    click.echo(f"{counted(found.compared, 'figure')} compared, {len(found.differences)} differ{ending}.")


_PARTS = ("received", "+ known", "- unsent", "- carts")


def _parts(found: Calculation) -> list[str]:
    effects = (found.known_effect, found.unsent_effect, found.carts_effect)
    units = (found.known, found.unsent, found.carts)
    return [_number(found.received), *(_effect(*pair) for pair in zip(effects, units, strict=True))]


def _effect(effect: Decimal, units: Decimal) -> str:
    """What units did to a figure; those that do not count are shown in brackets."""
    return f"{effect:+f}" if effect else f"({units:f})" if units else "0"


def _would_be(found: Calculation) -> str:
    return f"{found.quantity:f}, {_flag(found)}"


def _flag(found: Calculation) -> str:
    return "in stock" if found.in_stock else "out of stock"


def _stands(one: Standing) -> str:
    read = "read back equal" if one.verified else "not read back yet"
    applied = f"message {one.message_id} ({one.channel}), sequence {one.sequence}"
    shipped = f", {_number(one.expected)} after what was shipped since"
    moved = "" if one.expected == one.calculation.quantity else shipped
    return (
        f"{one.sku} at {one.source}: {_number(one.calculation.quantity)}, {_flag(one.calculation)}{moved}; {applied}, "
        f"applied {_time(one.applied_at)}, {read}."
    )


def _sum(found: Calculation) -> str:
    """The calculation in words."""
    told = f"{_number(found.received)} received"
    named = (
        (found.known_effect, "open orders the warehouse system knew"),
        (found.unsent_effect, "orders it had not seen"),
        (found.carts_effect, "active carts"),
    )
    for effect, name in named:
        told += f" {'+' if effect > 0 else '-'} {abs(effect):f} {name}" if effect else ""
    return f"{told} = {found.total:f}"


def _entry(one: Entry) -> list[Any]:
    at = one.settled_at or one.retry_at or one.received_at
    quantity = _number(one.quantity, "?")
    message = f"{one.channel} {one.message_id}, line {one.line}"
    return [message, one.source, one.sequence, quantity, one.state, _time(at), one.attempts, one.reason]


def _named(one: Difference) -> str:
    return f"{one.sku} at {one.source}"


def _stood(one: Difference) -> str:
    return f"stood at {_number(one.found, 'nothing')} instead of {_number(one.expected)}"


def _became(one: Difference) -> str:
    return "put right" if one.repaired else f"not put right: {one.reason or 'the shop gave no reason'}"


def _message(one: Obstacle) -> str:
    return f"{one.channel} {'?' if one.message_id is None else one.message_id}"


def _number(value: Decimal | None, nothing: str = "") -> str:
    return nothing if value is None else f"{value:f}"


def _time(stamp: str) -> str:
    return stamp[:19].replace("T", " ")


def _more(count: int) -> None:
    if count > 0:
        click.echo(f"  … and {count} more; --json lists them all.")
