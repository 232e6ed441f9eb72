"""The book of grants: which are in force, from the set that one has and the pinned root key.

wire.md section 4. The whole set is settled anew after each change: plain, and fast enough for
whoever knows a few thousand grants.
"""

from dataclasses import dataclass, field

from . import grant as grants, names, part as parts, seal
from .code import (
    BODY_WRONG, DONE, INVITATION_USED, NOT_ALLOWED, ONE_HAND, REVOKED, TOO_LARGE,
    UNKNOWN_PRINCIPAL, Refused,
)

LINKS = 4


@dataclass(frozen=True)
class Entry:
    """A grant in the book, with the sealed message that carries it."""

    grant: object = field(compare=False)
    sealed: object = field(compare=False, repr=False)
    hash: bytes

    def rank(self):
        return (self.grant.serial, self.grant.revoked, self.hash)


class Book:
    def __init__(self, root, most=65_536):
        self.root = root
        self.most = most
        self.used = {}  # invitation principal -> H of the one part that it issued
        self._entries = {}  # sealed bytes -> Entry
        self._force = {}  # principal -> Entry
        self._counting = set()  # hashes of the revocations that count
        self._keys = {}  # principal -> the key that is, or last was, in force
        self._verified = {}  # (sealed bytes, key) -> does the seal hold

    # What is in force

    def find(self, principal):
        """The Grant in force, whatever the time, or None."""
        entry = self._force.get(principal)
        return entry.grant if entry else None

    def sealed(self, principal):
        entry = self._force.get(principal)
        return entry.sealed.raw if entry else None

    def in_force(self):
        return {principal: entry.grant for principal, entry in self._force.items()}

    def key(self, principal):
        """The key under which that principal's seals are checked, or None: never heard of."""
        return self.root if principal == "root" else self._keys.get(principal)

    # Taking grants in

    def learn(self, raw):
        """A receiver's way: keeps a grant that may come to count, in whatever order they come."""
        sealed = seal.decode(raw)
        entry = Entry(grants.open_grant(sealed.part), sealed, seal.H(sealed.part_raw))
        if raw in self._entries:
            return
        if len(self._entries) >= self.most:
            raise Refused(TOO_LARGE, f"the book holds {self.most} grants")
        self._entries[bytes(raw)] = entry
        self._settle()

    def take(self, raw):
        """The hub's way: only a grant that is then in force, or a revocation that counts."""
        sealed = seal.decode(raw)
        entry = Entry(grants.open_grant(sealed.part), sealed, seal.H(sealed.part_raw))
        issuer = sealed.part.sender
        self._check_seal(sealed)
        if any(known.hash == entry.hash for known in self._entries.values()):
            return
        self._check_issuer(entry, issuer)
        self._check_room(entry)
        self._entries[bytes(raw)] = entry
        self._settle()
        in_force = self._force.get(entry.grant.principal)
        if entry != in_force and entry.hash not in self._counting:
            del self._entries[bytes(raw)]
            self._settle()
            raise Refused(REVOKED, f"another grant of {entry.grant.principal} stands above it")
        if self._is_invitation(issuer):
            self.used[issuer] = entry.hash

    def _is_invitation(self, principal):
        grant = self.find(principal)
        return grant is not None and "enrol" in grant.rights and "grant" not in grant.rights

    def _check_issuer(self, entry, issuer):
        if issuer == "root":
            return
        by = self.find(issuer)
        if by is None:
            raise Refused(REVOKED, f"the grant of {issuer} is not in force")
        if not by.holds_at(entry.grant.part.created):
            raise Refused(REVOKED, f"issued outside the time of the grant of {issuer}")
        grants.check_inside(entry.grant, by)
        if self._is_invitation(issuer) and self.used.get(issuer, entry.hash) != entry.hash:
            raise Refused(INVITATION_USED, f"the invitation {issuer} has been used")

    def _check_room(self, entry):
        grant = entry.grant
        if grant.revoked:
            return
        for principal, other in self._force.items():
            if principal != grant.principal and other.grant.curve == grant.curve:
                raise Refused(NOT_ALLOWED, "body.curve: another principal's")
        there = self.find(grant.principal)
        if there is not None and there.serial == grant.serial:
            raise Refused(REVOKED, f"another grant of {grant.principal} has this serial")

    # Settling

    def _holds(self, sealed, key):
        at = (sealed.raw, key)
        if at not in self._verified:
            try:
                seal.verify(sealed, key)
                self._verified[at] = True
            except Refused:
                self._verified[at] = False
        return self._verified[at]

    def _is_candidate(self, entry, issuers):
        issuer = entry.grant.issuer
        if issuer not in issuers:
            return False
        by = issuers[issuer]
        if by is not None and not by.holds_at(entry.grant.part.created):
            return False
        try:
            grants.check_inside(entry.grant, by)
        except Refused:
            return False
        return self._holds(entry.sealed, self.root if by is None else by.key)

    def _settle(self):
        force, counting, barred = {}, set(), {}
        issuers = {"root": None}
        for _ in range(LINKS):
            candidates = {}
            for entry in self._entries.values():
                if self._is_candidate(entry, issuers):
                    candidates.setdefault(entry.grant.principal, []).append(entry)
            issuers = {}
            for principal, entries in candidates.items():
                best = max(entries, key=Entry.rank)
                if principal in force or barred.get(principal, -1) >= best.grant.serial:
                    continue
                if best.grant.revoked:
                    counting.add(best.hash)
                    barred[principal] = best.grant.serial
                else:
                    force[principal] = best
                    issuers[principal] = best.grant
        self._force, self._counting = force, counting
        for principal, entry in force.items():
            self._keys[principal] = entry.grant.key

    # Judging messages

    def _check_seal(self, sealed):
        sender = sealed.part.sender
        key = self.key(sender)
        if key is None:
            raise Refused(UNKNOWN_PRINCIPAL, f"{sender} has no grant here")
        seal.verify(sealed, key)

    def authorise(self, sealed, now):
        """DONE, or ONE_HAND when only entries with two hands cover it; else Refused (18 to 22)."""
        part = sealed.part
        self._check_seal(sealed)
        if part.type == "grant.v1" and not part.topic.startswith("$lt/grants/"):
            raise Refused(BODY_WRONG, "topic: a grant lives under $lt/grants")
        if part.sender == "root":
            raise Refused(NOT_ALLOWED, "the root seals grants and nothing else")
        grant = self.find(part.sender)
        if grant is None:
            raise Refused(REVOKED, f"the grant of {part.sender} is not in force")
        if not grant.holds_at(part.created) or now >= grant.expires:
            raise Refused(REVOKED, f"outside the time of the grant of {part.sender}")
        if part.type == "approval.v1":
            return self._authorise_approval(grant, part)
        if _is_receipt(part):
            return DONE
        hands = grant.may_publish(part.topic, part.type, part.priority, part.label)
        if not hands:
            raise Refused(NOT_ALLOWED, f"{part.sender} may not say {part.type} on {part.topic}"
                          f" at priority {part.priority} and label {part.label}")
        return DONE if hands == 1 else ONE_HAND

    def _authorise_approval(self, grant, part):
        body = read_approval(part)
        if body["from"] == part.sender:
            raise Refused(NOT_ALLOWED, "nobody is their own second hand")
        if not grant.may_publish(part.topic, body["type"], part.priority, part.label):
            raise Refused(NOT_ALLOWED, f"{part.sender} may not say {body['type']} on {part.topic}")
        return DONE


def read_approval(part):
    """The body of an approval.v1; Refused(22) if it names something else than the message says."""
    body = part.content()
    if set(body) != {"from", "id", "type"}:
        raise Refused(BODY_WRONG, "body: from, id and type, no more and no less")
    if not isinstance(body["from"], str) or not names.is_principal(body["from"]):
        raise Refused(BODY_WRONG, "body.from: no principal")
    if not isinstance(body["type"], str) or not names.is_type(body["type"]):
        raise Refused(BODY_WRONG, "body.type: no type")
    if part.relation != parts.ANSWERS or body["id"] != part.re:
        raise Refused(BODY_WRONG, "body.id: not the message that it answers")
    return body


def _is_receipt(part):
    return (
        part.type == "receipt.v1"
        and part.topic.startswith("$lt/receipts/")
        and part.relation == parts.ANSWERS
        and part.priority <= parts.KHAN
        and part.label <= parts.INTERNAL
        and part.flags in (0, parts.DRILL)
    )
