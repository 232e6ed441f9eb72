"""Icecast itself, as the server of a loudspeaker's stream, and a loudspeaker that pulls it."""

import array
import json
import os
import ssl
import urllib.request

from harness import Process, free_port, wait_until
from loa import RATE

PASSWORD = "nguon-cua-loa"

CONFIG = """<icecast>
  <location>An Thanh 1</location><admin>van-phong@localhost</admin>
  <limits><clients>20</clients><sources>4</sources><source-timeout>10</source-timeout><burst-on-connect>0</burst-on-connect></limits>
  <authentication><source-password>{password}</source-password>
    <admin-user>admin</admin-user><admin-password>quan-tri</admin-password></authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address>{tls}</listen-socket>
  <mount type="normal"><mount-name>/khan.mp3</mount-name>
    <fallback-mount>/thuong.mp3</fallback-mount><fallback-override>1</fallback-override></mount>
  <paths><basedir>{dir}</basedir><logdir>{dir}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot>{certificate}</paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot>{owner}</security>
</icecast>
"""


class Icecast:
    """On a port that stays its own when it is started anew."""

    def __init__(self, dir, password=PASSWORD, certificate=None):
        """certificate: a PEM file with its key, for https."""
        self.dir, self.port, self.certificate = dir, free_port(), certificate
        self.trust = ssl.create_default_context(cafile=certificate) if certificate else None
        if certificate:
            self.trust.check_hostname = False  # it may be for another name
        # It refuses to be root.
        owner = "<changeowner><user>nobody</user><group>nogroup</group></changeowner>" if os.geteuid() == 0 else ""
        self.config = dir / "icecast.xml"
        self.config.write_text(CONFIG.format(
            password=password, port=self.port, dir=dir, owner=owner, tls="<ssl>1</ssl>" if certificate else "",
            certificate=f"<ssl-certificate>{certificate}</ssl-certificate>" if certificate else ""))
        self.process, self.pullers = None, []

    @property
    def url(self):
        return f"http{'s' if self.certificate else ''}://127.0.0.1:{self.port}"

    def start(self):
        self.process = Process(["icecast2", "-c", self.config], self.dir)
        wait_until(self.sources_or_none, "Icecast", watch=self.process)
        return self

    def sources_or_none(self):
        try:
            return {"": 0, **self.sources()}
        except (OSError, ValueError):  # its first answers are no JSON
            return None

    def sources(self):
        """How many pull each mount that has a source."""
        with urllib.request.urlopen(f"{self.url}/status-json.xsl", timeout=5, context=self.trust) as answer:
            found = json.load(answer)["icestats"].get("source", [])
        return {"/" + one["listenurl"].rsplit("/", 1)[1]: one.get("listeners", 0) for one in (found if isinstance(found, list) else [found])}

    def wait_for_source(self, mount="/thuong.mp3"):
        wait_until(lambda: mount in self.sources(), f"a source of {mount}", watch=self.process)

    def stop(self):
        self.process.kill()  # it may take its time over listeners

    def pull(self, mount="/thuong.mp3"):
        made = Puller(self, mount)
        self.pullers.append(made)
        return made

    def end(self):
        for one in [*self.pullers, self]:
            if one.process:
                one.process.kill()


class Puller:
    """Hears what a loudspeaker that pulls the mount hears."""

    def __init__(self, server, mount):
        self.server, self.mount = server, mount
        self.file = server.dir / f"heard-{len(server.pullers)}.raw"
        self.process = Process(["ffmpeg", "-nostdin", "-loglevel", "error", "-fflags", "nobuffer", "-probesize", "1024",
                                "-f", "mp3", "-i", server.url + mount, "-f", "s16le", "-ar", str(RATE), "-ac", "1",
                                "-flush_packets", "1", self.file], server.dir)
        wait_until(lambda: self.seconds() > 0.2, "something to be heard", watch=self.process)

    def seconds(self):
        return self.file.stat().st_size / 2 / RATE if self.file.exists() else 0

    def samples(self):
        """With the least of noises: what is nothing at all resembles everything."""
        found = array.array("h", self.file.read_bytes()[:self.file.stat().st_size // 2 * 2])
        return array.array("h", (max(-32_000, min(32_000, s)) + i * 7919 % 13 - 6 for i, s in enumerate(found)))

    def wait_for(self, seconds):
        wait_until(lambda: self.seconds() > seconds, f"{seconds:.1f} s of sound", watch=self.process)
