"""A receiver's own judgement: obey, wait, or why not. wire.md section 4.

The judge remembers what it has obeyed, cancelled and approved for as long as the page says; it owns
nothing of the book that it is lent, but teaches it the grants that come by.
"""

from . import part as parts, seal
from .book import read_approval
from .code import (
    CANCELLED, DONE, DONE_BEFORE, EXPIRED, NOT_DUE, ONE_HAND, STALE, Refused,
)

AGE_MS = 7 * parts.DAY_MS


class Judge:
    def __init__(self, book):
        self.book = book
        self.time = 0  # the highest sealed time heard
        self._teller_key = None
        self._seen = {}  # (from, id) -> forget at
        self._places = {}  # re -> [(part, forget at)]
        self._approvals = {}  # (from, id) -> [approval part with its body]

    def judge(self, raw, now, remember=True):
        """DONE: obey it, and it is remembered. DONE_BEFORE, NOT_DUE, CANCELLED, ONE_HAND: not (now).

        Raises Refused for whatever is not authorised, expired or stale.
        """
        sealed = seal.decode(raw)
        part = sealed.part
        if part.type == "grant.v1":
            self.book.learn(raw)
            return DONE
        hands = self.book.authorise(sealed, now)
        self._check_age(part, now)
        self._forget(now)
        if part.type == "time.v1":
            self.hear_time(raw)
        if part.type == "approval.v1":
            found = self._approvals.setdefault((read_approval(part)["from"], part.re), [])
            found.append(part)
            return DONE
        if part.relation in (parts.REPLACES, parts.CANCELS):
            self._remember_place(part)
        if any(parts.takes_place(new, part) for new, _ in self._places.get(part.id, [])):
            return CANCELLED
        if now < part.deliver_at:
            return NOT_DUE
        if (part.sender, part.id) in self._seen:
            return DONE_BEFORE
        if hands == ONE_HAND and part.relation != parts.CANCELS and not self._approved(part, now):
            return ONE_HAND
        if remember:
            self._seen[part.sender, part.id] = max(part.created + AGE_MS, part.deliver_at + AGE_MS, part.expires)
        return DONE

    def hear_time(self, raw):
        """The time (ms) that a sealed `time.v1` tells; Refused if its sender may not tell it."""
        sealed = seal.decode(raw)
        part = sealed.part
        self.book.authorise(sealed, part.created)
        grant = self.book.find(part.sender)
        if self._teller_key not in (None, grant.key):
            self.time = grant.part.created
        self._teller_key = grant.key
        self.time = max(self.time, part.created)
        return part.created

    def _check_age(self, part, now):
        if part.expires and now >= part.expires:
            raise Refused(EXPIRED, f"expired {now - part.expires} ms ago")
        if part.relation == parts.CANCELS:
            return
        if now >= max(part.created, part.deliver_at) + AGE_MS:
            raise Refused(STALE, "older than 7 days")

    def _remember_place(self, part):
        found = self._places.setdefault(part.re, [])
        if all(known.raw != part.raw for known, _ in found):
            found.append((part, max(part.expires, part.created + AGE_MS)))

    def _approved(self, part, now):
        for approval in self._approvals.get((part.sender, part.id), []):
            if (
                approval.content()["type"] == part.type
                and (approval.topic, approval.priority, approval.label)
                == (part.topic, part.priority, part.label)
                and not (approval.expires and now >= approval.expires)
                and self._still_may(approval, part)
            ):
                return True
        return False

    def _still_may(self, approval, part):
        grant = self.book.find(approval.sender)
        return (
            grant is not None
            and grant.holds_at(approval.created)
            and grant.may_publish(part.topic, part.type, part.priority, part.label) != 0
        )

    def _forget(self, now):
        self._seen = {key: until for key, until in self._seen.items() if until > now}
        kept = {}
        for re, places in self._places.items():
            places = [(part, until) for part, until in places if until > now]
            if places:
                kept[re] = places
        self._places = kept
        kept = {}
        for key, approvals in self._approvals.items():
            approvals = [part for part in approvals if not part.expires or part.expires > now]
            if approvals:
                kept[key] = approvals
        self._approvals = kept
