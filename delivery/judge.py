"""What becomes of a job: asks the pure decision, the known ids and what the destination gained. Sends nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from delivery.decide import decide
from delivery.ids import IdMap
from delivery.ledger import Ledger
from delivery.orphans import Accepted, children_of, parents_of, question
from delivery.perform import Result
from delivery.phases import Phase
from delivery.record import Job, Problem
from delivery.recover import Account
from store.snapshot import claim_refused
from vocabulary.entity import Entity

_ASKED = "what it refers to is asked for"


@dataclass(eq=False)
class Judge:
    """Says where a job goes, and notes in the ledger and the id map what follows from that.

    `list_before_create` lists an entity once; `entities` are the destination's, by name; `accepted`: see `children_of`.
    """

    ids: IdMap
    account: Account
    ledger: Ledger
    list_before_create: Callable[[Entity], None]
    entities: Mapping[str, Entity]
    accepted: Accepted
    _asked: dict[tuple[str, str], str] = field(default_factory=dict, init=False)
    _gone: set[tuple[str, str]] = field(default_factory=set, init=False)
    _just_gone: set[tuple[str, str]] = field(default_factory=set, init=False)
    _questions: list[Job] = field(default_factory=list, init=False)

    def opened(self, job: Job) -> Phase:
        """Where the job goes: it is to be sent now, waits for another, or is settled."""
        if job.problem is not None:
            return self.refused(job, job.problem)
        if job.is_new and (self.ledger.is_settled_already(job) or self._was_brought(job)):
            return self._existing(job)
        job.is_new = False
        contested = self._claimed_by_another(job, job.explicit_id)
        if contested is not None:
            return self.refused(job, Problem("refused", contested, "id", "its id belongs to another record"))
        problem = decide(job, self.ids.get)
        if problem is not None:
            if problem.status == "refused" and job.vanished:
                self._ask_for_parents(job)  # they may be gone with it
            return Phase.WAITING if problem.status == "waiting" else self.refused(job, problem)
        if job.object_id is None and not job.adopted:
            self.list_before_create(job.entity)
            if found := self.account.find(job) or self.account.pair_to_remove(job):
                return self._adopt(job, found)
            if found := self.account.differing(job):
                return self._differs(job, found)
        return self._request(job)

    def _request(self, job: Job) -> Phase:
        """A decided job is sent, where there is something to send."""
        if job.object_id is None and job.action != "create":
            job.note = f"it was never in {job.entity.system}"
            return self._settled(Result(job, "accepted"))
        return self._existing(job) if job.action == "update" and not job.body else Phase.DECIDED

    def _adopt(self, job: Job, found: list[str]) -> Phase:
        """Takes over the object that is the record already."""
        system = job.entity.system
        if not self.account.claim(job, found):
            reason = f"several objects in {system} fit (ids {', '.join(found[:5])}); delete the surplus ones there"
            return self.refused(job, Problem("refused", reason, None, f"several objects in {system} fit"))
        job.adopted = True
        if not job.entity.patched_when_adopted and not job.deleted:
            job.action = "adopt"
            return self._settled(Result(job, "accepted", found[0]))
        self.ledger.adopted(job, found[0])
        problem = decide(job, self.ids.get)
        return self._request(job) if problem is None else self.refused(job, problem)

    def _differs(self, job: Job, found: list[str]) -> Phase:
        """What bears the record's mark and is another than it: nothing is made beside it."""
        what = f"what bears its mark in {job.entity.system} differs from it"
        reason = f"{what} (ids {', '.join(found[:5])}); correct one of the two, or remove the mark there"
        return self.refused(job, Problem("refused", reason, None, what))

    def _was_brought(self, job: Job) -> bool:
        """Whether the old SDK brought the record in an interrupted run; others may refer to it by the id noted then."""
        brought = self.ledger.was_brought(job)
        known = job.object_id if brought and not job.deleted else None
        if known is not None and self._claimed_by_another(job, known) is None:
            self.ids.learn(job.resource, job.remote_id, known)
        return brought

    def _existing(self, job: Job) -> Phase:
        job.object_id = job.explicit_id or self.ids.get(job.resource, job.remote_id)
        job.action = "update"
        self.ledger.existing(job)
        return Phase.DONE

    def refused(self, job: Job, problem: Problem) -> Phase:
        """Notes why there is no request, or no answer any more."""
        self.ledger.problem(job, problem)
        return Phase.DONE

    def _settled(self, result: Result) -> Phase:
        """The job has its answer: learn or forget its id, and note it."""
        job = result.job
        contested = self._claimed_by_another(job, result.id) if result.status == "accepted" else None
        if result.status == "accepted" and contested is None:
            if job.action == "delete" or result.id is None:
                self.ids.forget(job.resource, job.remote_id)
            else:
                self.ids.learn(job.resource, job.remote_id, result.id)
        self.ledger.settle(result, contested)  # a contested answer is noted as it came; the store refuses it likewise
        return Phase.DONE

    def _claimed_by_another(self, job: Job, object_id: str | None) -> str | None:
        """Why the record cannot have the id, where another record has it already."""
        owner = self.ids.owner(job.resource, object_id) if object_id is not None else None
        if owner is None or owner == job.remote_id:
            return None
        return claim_refused(job.entity.system, job.resource, str(object_id), owner)

    def answered(self, result: Result) -> Phase:
        """Where a job goes whose request was answered."""
        job = result.job
        if not result.vanished:
            return self._settled(self._orphaned(result) if result.orphan else result)
        if self.ids.get(job.resource, job.remote_id) == job.object_id:
            self.ids.forget(job.resource, job.remote_id)  # otherwise the record's own id was an old one
        self.account.vanished(job.resource, str(job.object_id))
        self._just_gone.add(job.key)
        if job.asks:
            self.ledger.doubted(job)
            gone = f"it is gone in {job.entity.system}; the next run makes it anew"
            return self.refused(job, Problem("refused", gone))
        job.explicit_id = job.changed = None
        job.adopted, job.vanished, job.note = False, True, None
        return Phase.OPEN

    def _orphaned(self, result: Result) -> Result:
        """Something that the record refers to is not there: which of it, is asked."""
        if not self._ask_for_parents(result.job, str(result.reason)):
            return result
        return replace(result, status="failed", reason=f"{result.reason}; {_ASKED}")

    def _ask_for_parents(self, job: Job, said: str = "") -> bool:
        """Whether there is something to ask for; once a run for each object."""
        found = parents_of(job, lambda *one: self._asked.get(one) or self.ids.get(*one), said)
        for resource, remote_id in found:
            self._ask_for(self.entities[resource], remote_id)
        return bool(found)

    def ask_for_children(self) -> bool:
        """Whether there is something to ask for, as it refers to what was found to be gone and may be gone with it."""
        gone, self._just_gone = self._just_gone, set()
        self._gone |= gone
        for entity, remote_id in list(children_of(gone, self.entities.values(), self.accepted)):
            if (entity.name, remote_id) not in self._gone:
                self._ask_for(entity, remote_id)
        return bool(self._questions)

    def _ask_for(self, entity: Entity, remote_id: str) -> None:
        one, known = (entity.name, remote_id), self.ids.get(entity.name, remote_id)
        if one not in self._asked and known is not None:
            self._asked[one] = known
            self._questions.append(question(entity, remote_id))

    def questions(self) -> list[Job]:
        """The jobs that ask whether an object is there; each is given out once."""
        given, self._questions = self._questions, []
        return given

    def in_vain(self, job: Job) -> Phase:
        """Where a job goes that has waited to the end; a removal too: what it refers to may be there, unknown here."""
        problem = decide(job, self.ids.get)
        return Phase.OPEN if problem is None else self.refused(job, problem)
