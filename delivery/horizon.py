"""How far back the destination is looked through before the first create of an entity. Lists through recover.py.

It is looked through since the last create or adoption the store knows of. That is not enough: after a lost or an old
snapshot one run may meet only some of the records the account holds, or be killed. So the store notes from when on
objects are unclaimed, until each that may be ours has its record.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from connector.http.clock import moment
from delivery.destination import Destination
from delivery.recover import MARGIN, Account
from store.snapshot import Outcome, Snapshot
from vocabulary.entity import Entity


@dataclass(eq=False)
class Horizon:
    """Lists each entity once, as the setting `adopt` says; `store` gives the snapshot, whose lock the run holds."""

    adopt: str
    account: Account
    destination: Destination
    store: Callable[[], Snapshot]
    _looked: dict[str, Entity] = field(default_factory=dict, init=False)

    def look(self, entity: Entity) -> None:
        """Lists what the account gained since it was last known whole, or everything when it never was.

        Raises RunError when the list cannot be had.
        """
        if entity.name in self._looked:
            return
        if self.adopt == "never":
            # Announcements carry the destination's time: the look-up after a crash lists what was created since.
            if not self.destination.clock.is_known:
                self.destination.learn_time(entity)
            return
        store = self.store()
        since = self._since(store, entity.name) if self.adopt == "auto" else None
        with store.transaction():
            store.set_unclaimed_since(entity.name, since or "")
        self.account.list_gained(entity, moment(since) if since else None)
        self._looked[entity.name] = entity

    def conclude(self) -> None:
        """Notes what is still unclaimed; the run's outcomes are absorbed by now."""
        store = self.store()
        with store.transaction():
            for name, entity in self._looked.items():
                if not entity.patched_when_adopted:
                    self._claim(store, entity)
                store.set_unclaimed_since(name, self.account.unclaimed_since(entity))

    def _since(self, store: Snapshot, resource: str) -> str | None:
        gained, unclaimed = store.last_gain_at(resource), store.unclaimed_since(resource)
        since = None if gained is None or unclaimed == "" else min(gained, unclaimed or gained)
        # A clock that was wrong once may have left a time in the future, which would hide what came since.
        return None if since is None or moment(since) > self.destination.clock.now() + MARGIN else since

    def _claim(self, store: Snapshot, entity: Entity) -> None:
        """Notes the ids of records that bear our mark and that no source may offer again: they are written once."""
        why = f"found in {entity.system}"
        found = [
            Outcome(entity.name, remote_id, "answered", "adopt", "accepted", id=object_id, reason=why)
            for remote_id, object_id in self.account.claim_marked(entity).items()
        ]
        if found:
            store.apply(found)
