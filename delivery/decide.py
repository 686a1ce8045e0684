"""Which request a record makes: create, update, disable or delete, with references resolved. Pure: sends nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from connector.values import Unfit
from delivery.record import Action, Job, Problem, lines_of, text_of
from vocabulary.entity import Entity, complaint, remote_name

Lookup = Callable[[str, str], "str | None"]


def decide(job: Job, lookup: Lookup) -> Problem | None:
    """Fills in action, id, body and what is sent; or says why there is no request.

    `lookup` gives the destination's id for (entity, remote id). An unknown record without deletion is a create.
    """
    if job.entity.repeat != "never":
        return _decide_by_key(job, lookup)
    job.object_id = job.explicit_id or lookup(job.resource, job.remote_id)
    if job.deleted:
        return _decide_removal(job, lookup)
    creating = job.object_id is None
    asked = job.attributes if creating else _asked(job)
    body, problem = _body(job, asked, lookup)
    if problem is not None:
        return problem
    job.action = "create" if creating else _update_or_disable(job, body)
    job.sent = asked
    if creating:
        missing = job.entity.missing(body)
        if missing:
            return Problem("refused", f"{missing[0]} is missing; a new record of {job.resource} needs it", missing[0])
        job.body = body | (_named(job) if job.entity.takes_remote_id else {})
        return None
    job.body = {name: value for name, value in body.items() if name not in job.entity.written_once}
    told = job.entity.told_remote_id if job.changed is None else "remoteId" in job.changed
    if told and job.entity.takes_remote_id:
        job.body |= _named(job)
    fixed = next((name for name in body if name in job.entity.written_once), None)
    if fixed is not None and job.changed is not None and not job.adopted:
        sentence = f"{fixed} cannot change in {job.entity.system}; delete the record and send it anew"
        if not job.body:
            return Problem("refused", sentence, fixed)
        job.note = f"{sentence}; the other changes were sent"
    return None


def natural_key(entity: Entity, attributes: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The values that tell an object apart, in comparable form; None when one is missing or unreadable."""
    given = {name: attributes.get(name) for name in entity.natural_key}
    open_ones = {name for name in entity.key_left_open if given[name] in (None, "")}
    given = {name: value for name, value in given.items() if name not in open_ones}
    if any(value is None or value == "" for value in given.values()):
        return None
    try:
        checked = entity.checked(given)
    except ValidationError:
        return None
    return tuple(_comparable(entity, name, checked.get(name)) for name in entity.natural_key)


def agrees(ours: tuple[Any, ...] | None, theirs: tuple[Any, ...] | None) -> bool:
    """Whether an object with the key `theirs` can be the record with the key `ours`; what that leaves open fits."""
    if ours is None or theirs is None:
        return ours is theirs
    return all(own is None or own == their for own, their in zip(ours, theirs, strict=True))


def _comparable(entity: Entity, name: str, value: Any) -> Any:  # noqa: ANN401 - as the entity says
    """A value of the key; of lines what tells them apart, in order."""
    names = entity.line_key.get(name)
    return value if names is None else tuple(sorted(tuple(line.get(one) for one in names) for line in value))


def _named(job: Job) -> dict[str, Any]:
    """The remote id, where the record has one."""
    return {} if job.remote_id.startswith("id:") else {"remoteId": job.remote_id}


def _decide_by_key(job: Job, lookup: Lookup) -> Problem | None:
    """The whole record is set by its key, whether it is there or not, or applied once under it."""
    removal = job.entity.removal if job.deleted else None
    if job.deleted and removal is None:
        return Problem("refused", f"a record of {job.resource} cannot be taken back; send one that makes up for it")
    job.sent = {**job.attributes, **(removal or {})}
    job.body, problem = _body(job, job.sent, lookup)
    missing = job.entity.missing(job.body) if problem is None else []
    if missing:
        problem = Problem("refused", f"{missing[0]} is missing; a record of {job.resource} needs it", missing[0])
    job.action, job.object_id = "update" if removal is None else "disable", job.remote_id
    return problem


def _decide_removal(job: Job, lookup: Lookup) -> Problem | None:
    if job.object_id is None:
        # The body is only for the natural key, by which the object may be found once its references are known.
        job.body, problem = _resolved(job.entity, job.attributes, lookup)
        job.action, job.sent = "delete", {}
        return problem
    if job.entity.removal is None:
        job.action, job.body, job.sent = "delete", {}, {}
    else:
        job.action = "disable"
        job.body = dict(job.entity.removal)
        job.sent = dict(job.entity.removal)
    return None


def _asked(job: Job) -> dict[str, Any]:
    if job.changed is None:
        return job.attributes
    return {name: job.attributes[name] for name in job.changed if name in job.attributes}


def _update_or_disable(job: Job, body: dict[str, Any]) -> Action:
    removal = job.entity.removal
    disables = removal is not None and all(body.get(name) == value for name, value in removal.items())
    return "disable" if disables and job.changed is not None else "update"


def _body(job: Job, asked: dict[str, Any], lookup: Lookup) -> tuple[dict[str, Any], Problem | None]:
    """The asked attributes with references resolved and values checked."""
    resolved, problem = _resolved(job.entity, asked, lookup)
    if problem is not None:
        return {}, problem
    try:
        return job.entity.checked(resolved), None
    except ValidationError as error:
        name, sentence = complaint(error)
        return {}, Problem("refused", sentence, name)


def _resolved(entity: Entity, asked: dict[str, Any], lookup: Lookup) -> tuple[dict[str, Any], Problem | None]:
    """(attributes with ids in place of remote ids, what is wrong with the first reference without one)."""
    resolved, problem = _with_ids(asked, entity, entity.references, lookup)
    for name, references in entity.line_references.items():
        given = lines_of(resolved.get(name))
        if given is not None:
            lines = [_with_ids(line, entity, references, lookup) for line in given]
            problem = problem or next((wrong for _, wrong in lines if wrong is not None), None)
            resolved[name] = [line for line, _ in lines]
    return resolved, problem


def _with_ids(
    values: dict[str, Any], entity: Entity, references: Mapping[str, str], lookup: Lookup
) -> tuple[dict[str, Any], Problem | None]:
    resolved = dict(values)
    problem = None
    for id_name, resource in references.items():
        name = remote_name(id_name)
        try:
            remote_id = text_of(resolved.pop(name, None))
        except Unfit as unfit:
            problem = problem or Problem("refused", f"{name} {unfit}; correct it at the source", name)
            continue
        if remote_id is None or resolved.get(id_name) is not None:
            continue
        found = lookup(resource, remote_id)
        if found is None:
            why = f"is not known to {entity.system} yet"
            problem = problem or Problem("waiting", f"{name} {remote_id} {why}", name, f"{name} {why}")
        resolved[id_name] = found
    return resolved, problem
