"""Joining a commune with an invitation code: wire.md section 5, "Joining"."""

from dataclasses import dataclass, field

from . import grant as grants, invitation as invitations, op, seal
from .book import Book
from .client import Client, Identity
from .code import BAD_SEAL, NOT_ALLOWED, Refused
from .link import Link, refuse_if


@dataclass
class Joined:
    identity: Identity
    url: str
    hub_curve: bytes
    book: Book = field(repr=False)
    grants: list = field(repr=False)  # sealed, as the hub showed them
    grant: bytes = field(repr=False)  # the one that was issued, sealed
    hub: str | None = None  # the hub's principal

    def connect(self, **options):
        return Client(self.url, self.hub_curve, self.identity, **{"book": self.book, "hub": self.hub, **options})


class Joiner(Link):
    """The joining port, step by step; join() below is the whole way.

    It connects with the key pair that the grant will name as `curve`: the hub takes no other's.
    """

    def __init__(self, invitation, identity=None, **link):
        self.invitation = invitation
        self.identity = identity or Identity.generate(invitation.principal)
        super().__init__(invitation.join_url, invitation.hub_curve, self.identity.curve_public,
                         self.identity.curve_secret, **link)

    def ask(self, *payload, ref=1, issuer=None):
        """(url, the hub's time, sealed grants); Refused otherwise."""
        self.send([op.JOIN, ref, issuer or self.invitation.issuer], *payload)
        frame = self.wait(op.JOINED, ref=ref)
        refuse_if(*frame.head[2:4])
        return frame.head[3], frame.head[4], frame.payload

    def issue(self, scope, now, identity=None):
        """The sealed grant that takes all that the scope allows."""
        identity = identity or self.identity
        body = grants.make_body(
            identity.principal, identity.keys.public, identity.curve_public, serial=now, not_before=now,
            expires=scope["max_expires"], publish=scope["publish"], subscribe=scope["subscribe"],
            rights=scope["rights"],
        )
        part = grants.make(self.invitation.issuer, body, created=now)
        return seal.seal_one(part.raw, self.invitation.keys)


def scope_shown(invitation, shown):
    """(book, scope): what the invitation may issue, by the grants that the hub shows, checked."""
    book = Book(invitation.root)
    for raw in shown:
        book.learn(raw)
    grant = book.find(invitation.issuer)
    if grant is None or grant.key != invitation.keys.public:
        raise Refused(BAD_SEAL, "the hub shows no grant of this invitation under the root of its code")
    if grant.scope is None or grant.scope["principals"] != [invitation.principal]:
        raise Refused(NOT_ALLOWED, f"the invitation is not for {invitation.principal}")
    return book, grant.scope


def hub_shown(book, shown):
    """The hub's grant in force: it is shown first; None: it is not."""
    grant = book.find(grants.open_grant(seal.decode(shown[0]).part).principal) if shown else None
    return grant if grant and grant.tells_time() else None


def join(code, **link):
    """Makes keys, issues the grant with the invitation's key, hands it in. Returns a Joined."""
    invitation = invitations.decode(code)
    with Joiner(invitation, **link) as joiner:
        _, now, shown = joiner.ask()
        book, scope = scope_shown(invitation, shown)
        grant = joiner.issue(scope, now)
        url, _, _ = joiner.ask(grant, ref=2)
        book.learn(grant)
    hub = hub_shown(book, shown)
    curve = hub.curve if hub else invitation.hub_curve  # the hub's may be newer than the code
    return Joined(joiner.identity, url, curve, book, list(shown), grant, hub.principal if hub else None)
