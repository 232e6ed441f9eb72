"""What the tests of subscriptions say and hear."""

import pytest
from bodies import notice

from lienthon import Refused, code, part


def texts(deliveries):
    return [delivery.part.content()["text"] for delivery in deliveries]


def take(client, count, sid=None):
    return [client.next(sid) for _ in range(count)]


def say(client, topic, *said, **fields):
    parts = [part.make(client.identity.principal, topic, "notice.v1", notice(text), **fields) for text in said]
    answers = client.publish(*parts)
    assert [found for found, _ in answers] == [code.DONE] * len(parts)
    return [seq for _, seq in answers]


def refuse(client, *args, **named):
    with pytest.raises(Refused) as refusal:
        client.subscribe(*args, **named)
    assert refusal.value.text
    return refusal.value.code


def roster(asker, made):
    found = asker.query("status", id=made.id, from_=made.sender)
    return {(row["principal"], row["durable"]): row["state"] for row in found["roster"]}
