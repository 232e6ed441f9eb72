#!/usr/bin/env python3
"""Posts a notice and shows the receipts as they come.

    post.py me.json an-thanh-1/an-thuong/thong-bao "Mời bà con ấp An Thường họp lúc 19 giờ."
"""

import sys

import me

from lienthon import names, part


def main(path, topic, text):
    client, _ = me.load(path)
    client.subscribe(names.receipts_topic(client.identity.principal), sid="receipts")
    made = client.say(topic, "notice.v1", {"title": "Thông báo", "text": text, "lang": "vi", "channels": ["loa"]},
                      expires=part.now_ms() + part.DAY_MS, flags=part.RECEIPT)
    print("posted", made.id.hex())
    while True:
        receipt = client.next("receipts", timeout=3600).part
        if receipt.re == made.id:
            told = receipt.content()
            print(receipt.sender, told["target"], told["outcome"], told["detail"])


if __name__ == "__main__":
    main(*sys.argv[1:])
