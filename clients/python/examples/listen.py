#!/usr/bin/env python3
"""A device: obeys what it may believe, once, and says so. Resumes where it was when it comes back.

    listen.py me.json an-thanh-1/an-thuong/thong-bao
"""

import sys
import time

import me

from lienthon import Refused, code, names, op, part


def main(path, topic):
    client, judge = me.load(path)
    client.subscribe(["$lt/grants/#", "$lt/time"], sid="grants", from_="retained")
    client.subscribe(topic, sid="tin", durable="listen")
    while True:
        delivery = client.next(timeout=86_400)
        try:
            found = judge.judge(delivery.raw, part.now_ms())
        except Refused as refused:
            print("not obeyed:", refused)
            # A grant may still be on its way: ask again later for what has no known sender yet.
            outcome = op.ACK_AGAIN if refused.code == code.UNKNOWN_PRINCIPAL else op.ACK_GAVE_UP
            client.ack(delivery, outcome=outcome, detail=refused.text[:200])
            continue
        if found in (code.NOT_DUE, code.ONE_HAND):
            client.ack(delivery, outcome=op.ACK_AGAIN, detail="not yet")
            continue
        message = delivery.part
        if found == code.DONE and message.type == "notice.v1" and message.relation != part.CANCELS:
            print(f"{time.strftime('%H:%M:%S')} {message.sender}: {message.content()['text']}")
            answer = {"outcome": "done", "target": "screen", "at": part.now_ms(), "detail": ""}
            client.say(names.receipts_topic(message.sender), "receipt.v1", answer, relation=part.ANSWERS, re=message.id)
        client.ack(delivery)


if __name__ == "__main__":
    main(*sys.argv[1:])
