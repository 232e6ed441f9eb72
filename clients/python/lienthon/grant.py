"""Grants: who may say what. wire.md section 4."""

from dataclasses import dataclass, field

from . import names, part as parts
from .code import BODY_WRONG, NOT_ALLOWED, Refused
from .pack import is_int, read_body

BODY_MOST = 16 * 1024
ARRAY_MOST = 32
RIGHTS = ("relay", "query", "grant", "enrol")

_KEYS = {
    "principal", "serial", "name", "role", "key", "curve", "publish", "subscribe", "rights",
    "not_before", "expires", "revoked",
}
_SCOPE_KEYS = {"principals", "publish", "subscribe", "rights", "max_expires"}


def _check(ok, path, what):
    if not ok:
        raise Refused(BODY_WRONG, f"{path}: {what}")


def _keys(value, needed, optional, path):
    _check(isinstance(value, dict), path, "no map")
    for key in value:
        _check(key in needed or key in optional, f"{path}.{key}", "a key that nobody knows")
    for key in sorted(needed):
        _check(key in value, f"{path}.{key}", "missing")


def _strings(value, is_one, path, empty=False):
    _check(isinstance(value, list) and len(value) <= ARRAY_MOST, path, f"no array of up to {ARRAY_MOST}")
    _check(empty or value, path, "empty")
    for index, item in enumerate(value):
        _check(isinstance(item, str) and is_one(item), f"{path}[{index}]", f"{item!r} will not do")


def _powers(value, path):
    for name, extra in (("publish", {"types", "max_priority"}), ("subscribe", set())):
        entries = value[name]
        _check(isinstance(entries, list) and len(entries) <= ARRAY_MOST, f"{path}.{name}",
               f"no array of up to {ARRAY_MOST}")
        for index, entry in enumerate(entries):
            here = f"{path}.{name}[{index}]"
            optional = {"hands"} if name == "publish" else set()
            _keys(entry, {"topics", "max_label"} | extra, optional, here)
            _strings(entry["topics"], names.is_pattern, f"{here}.topics")
            _check(is_int(entry["max_label"], 2), f"{here}.max_label", "not 0 to 2")
            if extra:
                _strings(entry["types"], lambda t: t == "*" or names.is_type(t), f"{here}.types")
                _check(is_int(entry["max_priority"], 3), f"{here}.max_priority", "not 0 to 3")
                hands = entry.get("hands", 2)
                _check(is_int(hands) and hands == 2, f"{here}.hands", "2 or absent")
    _strings(value["rights"], RIGHTS.__contains__, f"{path}.rights", empty=True)


def _check_body(body):
    _keys(body, _KEYS, {"scope"}, "body")
    _check(isinstance(body["principal"], str) and names.is_principal(body["principal"]),
           "body.principal", "no principal")
    _check(body["principal"] != "root", "body.principal", "never root")
    for key in ("serial", "not_before", "expires"):
        _check(is_int(body[key]), f"body.{key}", "no integer below 2^53")
    for key in ("name", "role"):
        _check(isinstance(body[key], str) and len(body[key].encode()) <= 256, f"body.{key}",
               "no text of up to 256 bytes")
    for key in ("key", "curve"):
        _check(isinstance(body[key], bytes) and len(body[key]) == 32, f"body.{key}", "not 32 bytes")
    _powers(body, "body")
    _check(body["not_before"] < body["expires"], "body.expires", "not after not_before")
    _check(type(body["revoked"]) is bool, "body.revoked", "no boolean")
    if "scope" in body:
        scope = body["scope"]
        _keys(scope, _SCOPE_KEYS, set(), "body.scope")
        _strings(scope["principals"], names.is_principal_pattern, "body.scope.principals")
        _powers(scope, "body.scope")
        _check(is_int(scope["max_expires"]), "body.scope.max_expires", "no integer below 2^53")
    if "enrol" in body["rights"] and "grant" not in body["rights"]:
        principals = body.get("scope", {}).get("principals", [])
        _check(len(principals) == 1 and names.is_principal(principals[0]), "body.scope.principals",
               "an invitation is for exactly one principal")


@dataclass
class Grant:
    """A grant that has been opened: its body, and the message that carries it."""

    body: dict = field(repr=False)
    part: object = field(repr=False)

    principal = property(lambda self: self.body["principal"])
    serial = property(lambda self: self.body["serial"])
    key = property(lambda self: self.body["key"])
    curve = property(lambda self: self.body["curve"])
    rights = property(lambda self: self.body["rights"])
    scope = property(lambda self: self.body.get("scope"))
    not_before = property(lambda self: self.body["not_before"])
    expires = property(lambda self: self.body["expires"])
    revoked = property(lambda self: self.body["revoked"])
    issuer = property(lambda self: self.part.sender)

    def holds_at(self, at):
        return self.not_before <= at < self.expires

    def tells_time(self):
        """As a hub's does: it names `time.v1` on `$lt/time`; who merely may say everything does not tell the time."""
        return any("$lt/time" in entry["topics"] and "time.v1" in entry["types"] for entry in self.body["publish"])

    def may_issue(self):
        return "grant" in self.rights or "enrol" in self.rights

    def may_publish(self, topic, type, priority, label):
        """0: no; 1: yes; 2: only together with a second hand."""
        found = 0
        for entry in self.body["publish"]:
            if (
                any(names.matches(pattern, topic) for pattern in entry["topics"])
                and ("*" in entry["types"] or type in entry["types"])
                and priority <= entry["max_priority"]
                and label <= entry["max_label"]
            ):
                if "hands" not in entry:
                    return 1
                found = 2
        return found

    def may_subscribe(self, pattern):
        own = [p for entry in self.body["subscribe"] for p in entry["topics"]]
        everyone = ["$lt/grants/#", "$lt/time", names.receipts_topic(self.principal)]
        return any(names.covers(outer, pattern) for outer in own + everyone)


def open_grant(part):
    """The Grant in this part, or Refused(22)."""
    _check(part.type == "grant.v1", "type", "no grant")
    _check(part.topic.startswith("$lt/grants/"), "topic", "a grant lives under $lt/grants")
    for name, wanted in (("flags", parts.RETAIN), ("label", 0), ("relation", 0), ("origin", None),
                         ("expires", 0), ("deliver_at", 0)):
        _check(getattr(part, name) == wanted, name, "not as a grant's must be")
    _check(len(part.body) <= BODY_MOST, "body", "more than 16 KiB")
    body = read_body(part.body)
    _check_body(body)
    _check(part.topic == names.grant_topic(body["principal"]), "topic", "names another principal")
    return Grant(body, part)


def make(issuer, body, created=None):
    """The part of a grant."""
    return parts.make(issuer, names.grant_topic(body["principal"]), "grant.v1", body,
                      created=created, flags=parts.RETAIN)


def make_body(principal, key, curve, *, serial, not_before, expires, name=None, role="", publish=(),
              subscribe=(), rights=(), scope=None, revoked=False):
    body = {
        "principal": principal, "serial": serial, "name": name or principal, "role": role,
        "key": key, "curve": curve, "publish": list(publish), "subscribe": list(subscribe),
        "rights": list(rights), "not_before": not_before, "expires": expires, "revoked": revoked,
    }
    if scope is not None:
        body["scope"] = scope
    return body


def _publish_inside(inner, outer, path):
    for index, entry in enumerate(inner):
        for topic in entry["topics"]:
            for type in entry["types"]:
                if not any(_pair_covered(entry, topic, type, by) for by in outer):
                    raise Refused(NOT_ALLOWED,
                                  f"{path}.publish[{index}]: {type} on {topic} is outside the scope")


def _pair_covered(entry, topic, type, by):
    return (
        any(names.covers(pattern, topic) for pattern in by["topics"])
        and ("*" in by["types"] or (type != "*" and type in by["types"]))
        and entry["max_priority"] <= by["max_priority"]
        and entry["max_label"] <= by["max_label"]
        and ("hands" not in by or "hands" in entry)
    )


def _powers_inside(inner, outer, path):
    _publish_inside(inner["publish"], outer["publish"], path)
    for index, entry in enumerate(inner["subscribe"]):
        for topic in entry["topics"]:
            if not any(
                entry["max_label"] <= by["max_label"]
                and any(names.covers(pattern, topic) for pattern in by["topics"])
                for by in outer["subscribe"]
            ):
                raise Refused(NOT_ALLOWED, f"{path}.subscribe[{index}]: {topic} is outside the scope")
    for right in inner["rights"]:
        if right not in outer["rights"]:
            raise Refused(NOT_ALLOWED, f"{path}.rights: {right} is outside the scope")


def check_inside(grant, issuer):
    """Refused(21) unless the grant is inside its issuer's scope. `issuer` None: the root."""
    if issuer is None:
        return
    scope = issuer.scope
    if not issuer.may_issue() or scope is None:
        raise Refused(NOT_ALLOWED, f"{issuer.principal} may not issue grants")
    if not any(names.principal_covers(p, grant.principal) for p in scope["principals"]):
        raise Refused(NOT_ALLOWED, f"{grant.principal} is outside the scope of {issuer.principal}")
    if grant.revoked:
        return
    _powers_inside(grant.body, scope, "body")
    if grant.expires > scope["max_expires"]:
        raise Refused(NOT_ALLOWED, "body.expires: after what the scope allows")
    if grant.scope is not None:
        _scope_inside(grant.scope, scope)


def _scope_inside(inner, outer):
    for pattern in inner["principals"]:
        if not any(names.principal_covers(by, pattern) for by in outer["principals"]):
            raise Refused(NOT_ALLOWED, f"body.scope.principals: {pattern} is outside the scope")
    _powers_inside(inner, outer, "body.scope")
    if inner["max_expires"] > outer["max_expires"]:
        raise Refused(NOT_ALLOWED, "body.scope.max_expires: after what the scope allows")
