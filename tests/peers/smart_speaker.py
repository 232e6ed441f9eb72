"""A smart speaker as bridges/speaker/README.md describes it: takes commands by MQTT, fetches the sound, "plays" it, and says what
becomes of it. It refuses what a careful speaker would refuse: a retained or late command, what is no WAV, a second sound at once.

    smart_speaker.py PORT TOPIC FOLDER [--user NAME --password WORD] [--does play|nothing|fail|hold|lie|early|brief]

What it has played it leaves in FOLDER as ID.wav; each step is a line of JSON on standard output.
"""

import argparse
import json
import os
import pathlib
import struct
import threading
import time
import urllib.error
import urllib.request

import paho.mqtt.client as mqtt

RATE = 22_050


def tell(**line):
    os.write(1, (json.dumps(line) + "\n").encode())  # whole, whoever else tells something now


class Speaker:
    def __init__(self, given):
        self.given, self.folder = given, pathlib.Path(given.folder)
        self.playing, self.stopped = None, threading.Event()
        self.client = mqtt.Client(client_id=f"loa-{given.topic.replace('/', '-')}", protocol=mqtt.MQTTv5)
        if given.user:
            self.client.username_pw_set(given.user, given.password)
        self.client.on_connect = lambda client, *rest: client.subscribe(f"{given.topic}/lenh", 1)
        self.client.on_subscribe = lambda *rest: tell(event="ready")
        self.client.on_message = self.take
        self.client.connect("127.0.0.1", given.port)

    def say(self, id, state, **more):
        self.client.publish(f"{self.given.topic}/tin", json.dumps({"id": id, "state": state, **more}), qos=1)
        tell(event=state, id=id, **more)

    def take(self, client, user, message):
        order = json.loads(message.payload)
        expiry = getattr(message.properties, "MessageExpiryInterval", None)
        tell(event="order", retained=bool(message.retain), qos=message.qos, expiry=expiry, order=order)
        if message.retain or expiry is None:
            return self.say(order["id"], "failed", why="lệnh được giữ lại hoặc không có hạn")
        if order["do"] == "stop":
            if order["id"] == self.playing:
                self.stopped.set()
            return None
        if order["expires"] < time.time() * 1000:
            return self.say(order["id"], "failed", why="lệnh đã hết hạn")
        if self.given.does == "nothing":
            return None
        if order["id"] == self.playing:  # at least once is sometimes twice
            return None
        if self.playing:
            return self.say(order["id"], "failed", why="đang phát tin khác")
        self.playing = order["id"]
        self.stopped.clear()
        threading.Thread(target=self.play, args=(order,), daemon=True).start()
        return None

    def play(self, order):
        id = order["id"]
        self.say(id, "accepted")
        try:
            if self.given.does == "fail":
                raise ValueError("ampli hỏng")
            if self.given.does == "lie":
                self.playing = None
                return self.say(id, "played")
            self.sound(id, order["url"])
        except (OSError, ValueError) as error:
            self.playing = None
            self.say(id, "failed", why=str(error))

    def sound(self, id, url):
        with urllib.request.urlopen(url, timeout=20) as answer:
            if answer.headers["Content-Type"] != "audio/wav":
                raise ValueError("không phải WAV")
            head = answer.read(44)
            if head[:4] != b"RIFF" or head[8:16] != b"WAVEfmt " or struct.unpack("<HHI", head[20:28]) != (1, 1, RATE) or head[36:40] != b"data":
                raise ValueError("không phải WAV")
            self.say(id, "playing")
            samples, begun = b"", time.monotonic()
            while block := answer.read(2205):  # 50 ms
                samples += block
                ahead = begun + len(samples) / 2 / RATE / self.given.speed - time.monotonic()
                if self.stopped.wait(max(0.0, ahead)):
                    self.playing = None
                    return self.say(id, "stopped", heard_ms=len(samples) * 500 // RATE)
                if self.given.does == "early":
                    self.playing = None
                    return self.say(id, "played", heard_ms=len(samples) * 500 // RATE)
        told = struct.unpack("<I", head[40:44])[0]
        if told not in (len(samples), 0xFFFFFFFF):
            raise ValueError("thiếu tiếng")
        whole = head[:4] + struct.pack("<I", len(samples) + 36) + head[8:40] + struct.pack("<I", len(samples)) + samples
        (self.folder / f"{id}.wav").write_bytes(whole)
        if self.given.does == "hold":
            return None
        self.playing = None
        return self.say(id, "played", heard_ms=50 if self.given.does == "brief" else len(samples) * 500 // RATE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("topic")
    parser.add_argument("folder")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--does", default="play", choices=["play", "nothing", "fail", "hold", "lie", "early", "brief"])
    parser.add_argument("--speed", type=float, default=1.0)
    Speaker(parser.parse_args()).client.loop_forever(retry_first_connection=True)


if __name__ == "__main__":
    main()
