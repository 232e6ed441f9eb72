"""Principals, topics, patterns, types, origins: wire.md section 1."""

import re

_PRINCIPAL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LEVEL = re.compile(r"[a-z0-9_][a-z0-9_-]*")
_TYPE = re.compile(r"[a-z][a-z0-9-]*\.v[1-9][0-9]*")
_ORIGIN = re.compile(r"([a-z0-9][a-z0-9.-]*):(.+)", re.DOTALL)
_LT_ORIGIN = re.compile(r"[0-9a-f]{32}")


def is_principal(name):
    segments = name.split(".")
    return (
        len(name.encode()) <= 64
        and len(segments) <= 8
        and all(_PRINCIPAL.fullmatch(segment) for segment in segments)
    )


def _are_levels(text, wild):
    levels = text.split("/")
    if len(levels) > 16 or len(text.encode()) > 255:
        return False
    for index, level in enumerate(levels):
        if index == 0 and level == "$lt":
            continue
        if wild and (level == "+" or (level == "#" and index == len(levels) - 1)):
            continue
        if len(level) > 64 or not _LEVEL.fullmatch(level):
            return False
    return True


def is_topic(text):
    return _are_levels(text, wild=False)


def is_pattern(text):
    return _are_levels(text, wild=True)


def is_type(text):
    return len(text) <= 64 and bool(_TYPE.fullmatch(text))


def is_origin(text):
    found = _ORIGIN.fullmatch(text)
    if not found or len(text.encode()) > 128:
        return False
    if found[1] == "lt":
        return bool(_LT_ORIGIN.fullmatch(found[2]))
    return not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in found[2])


def is_principal_pattern(text):
    segments = text.split(".")
    if len(text.encode()) > 64 or len(segments) > 8:
        return False
    for index, segment in enumerate(segments):
        if segment == "*" or (segment == "**" and index == len(segments) - 1):
            continue
        if not _PRINCIPAL.fullmatch(segment):
            return False
    return True


def _covers(outer, inner, one, rest):
    """Level by level; `rest` in the outer covers what is left of the inner, `one` any but `rest`."""
    for index, level in enumerate(outer):
        if level == rest:
            return True
        if index >= len(inner):
            return False
        if inner[index] == rest or (level != one and level != inner[index]):
            return False
    return len(outer) == len(inner)


def covers(outer, inner):
    """Is the pattern (or topic) `inner` a subset of the pattern `outer`?"""
    outer, inner = outer.split("/"), inner.split("/")
    if inner[0] == "$lt" and outer[0] != "$lt":
        return False
    if outer[-1] == "#" and len(inner) == len(outer) - 1:
        return _covers(outer[:-1], inner, "+", "#")
    return _covers(outer, inner, "+", "#")


def matches(pattern, topic):
    return covers(pattern, topic)


def principal_covers(outer, inner):
    outer, inner = outer.split("."), inner.split(".")
    if outer[-1] == "**":
        least = len(outer)
        return len(inner) >= least and _covers(outer[:-1], inner[: least - 1], "*", "**")
    return _covers(outer, inner, "*", "**")


def topic_of(principal):
    """A principal inside a topic: with / for the dots."""
    return principal.replace(".", "/")


def grant_topic(principal):
    return "$lt/grants/" + topic_of(principal)


def receipts_topic(principal):
    return "$lt/receipts/" + topic_of(principal)
