"""bridges/feed, the sample in Python: a feed as a reader of the website sees it, with a real hub."""

import xml.etree.ElementTree as xml

import pytest
from lienthon import part

from harness import REPO, wait_until
from programs import Instance, Programs
from test_speaker import Desk

ATOM = {"a": "http://www.w3.org/2005/Atom"}


class Feed(Instance):
    def __init__(self, hub, programs, folder, **options):
        self.options = options
        super().__init__(hub, programs, "feed", folder)

    def configure(self, folder):
        self.path = self.folder / "public" / "feed.xml"
        super().configure(file=str(self.path), **self.options)

    def entries(self):
        """(id, title, text) of each, the latest first."""
        feed = xml.parse(self.path).getroot()
        return [(one.findtext("a:id", None, ATOM), one.findtext("a:title", None, ATOM), one.findtext("a:content", None, ATOM))
                for one in feed.iterfind("a:entry", ATOM)]

    def texts(self):
        return [text for _, _, text in self.entries()] if self.path.exists() else []


@pytest.fixture
def feed(hub, tmp_path):
    made = []

    def make(**options):
        made.append(Feed(hub, Programs(REPO / "bridges" / "feed"), tmp_path / "web", **options).start())
        return made[-1]

    yield make
    for one in made:
        one.stop() if one.process.is_running() else one.file.unlink()


def test_a_notice_is_an_entry_and_a_replaced_one_gives_its_place_away(hub, feed):
    one = feed(title="Xã An Thạnh 1", link="https://xa.example/")
    desk = Desk(hub)
    first = desk.post({"text": "Họp lúc 19 giờ & <mang> theo sổ.", "title": "Họp ấp"})
    desk.until(first, "done")
    assert one.entries()[0][1:] == ("Họp ấp", "Họp lúc 19 giờ & <mang> theo sổ.")
    second = desk.post({"text": "Họp lúc 20 giờ."}, relation=2, re=first.id)
    desk.until(second, "done")
    assert one.texts() == ["Họp lúc 20 giờ."]
    root = xml.parse(one.path).getroot()
    assert root.findtext("a:title", None, ATOM) == "Xã An Thạnh 1" and root.find("a:link", ATOM).get("href") == "https://xa.example/"


def test_it_remembers_after_a_power_cut_and_keeps_the_latest(hub, feed):
    one = feed(keep=2)
    desk = Desk(hub)
    for text in ("một", "hai"):
        desk.until(desk.post({"text": text}), "done")
    one.process.kill()
    one.path.unlink()
    one.start()
    wait_until(lambda: one.texts()[:2] == ["hai", "một"], "the feed made anew from memory", watch=one.process)
    desk.until(desk.post({"text": "ba"}), "done")
    assert one.texts() == ["ba", "hai"]


def test_what_is_for_another_channel_is_not_shown(hub, feed):
    one = feed()
    desk = Desk(hub)
    desk.until(desk.post({"text": "Chỉ cho loa.", "channels": ["loa"]}), "skipped")
    desk.until(desk.post({"text": "Cho mọi nơi."}), "done")
    assert "Chỉ cho loa." not in one.texts() and "Cho mọi nơi." in one.texts()


def test_what_cannot_be_written_comes_again_and_health_says_why(hub, feed):
    one = feed()
    desk = Desk(hub)
    aside = one.path.parent.rename(one.path.parent.with_name("away"))
    posted = desk.post({"text": "Đĩa đi vắng."})
    one.wait_for_log("a delivery failed and comes again")
    assert "something does not work what=FileNotFoundError" in one.process.text()
    aside.rename(one.path.parent)
    desk.until(posted, "done")
    assert "Đĩa đi vắng." in one.texts()


def test_what_has_expired_leaves(hub, feed, monkeypatch):
    """Its look at the clock is that of the installed file, but for how often."""
    source = (REPO / "bridges" / "feed" / "feed").read_text()
    assert "SWEEP = 20" in source
    one = feed()
    one.process.stop()
    faster = Programs(one.folder / "programs")
    faster.put("feed", source.replace("SWEEP = 20", "SWEEP = 0.2"))
    one.programs = faster
    one.start()
    desk = Desk(hub)
    desk.until(desk.post({"text": "Không lâu."}, expires=part.now_ms() + 3000), "done")
    assert "Không lâu." in one.texts()
    wait_until(lambda: "Không lâu." not in one.texts(), "its end", watch=one.process)
