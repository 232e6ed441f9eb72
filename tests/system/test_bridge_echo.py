"""Several instances of one far side (far-side:): what one has brought in, no other gives back to it."""

import pytest
from filedrop import Folder
from test_speaker import Desk

LIMITS = {"joins": 1000}


@pytest.fixture
def folders(hub, tmp_path):
    made = []

    def make(name, far_side):
        made.append(Folder(hub, name, tmp_path / name, **{"far-side": far_side} if far_side else {}))
        return made[-1].start()

    yield make
    for one in made:
        if one.process and one.process.is_running():
            one.process.stop()
        one.file.unlink()


def texts(folder):
    return [message["body"]["text"] for message in folder.received()]


def test_what_one_instance_brings_in_no_other_of_the_far_side_gives_back(hub, folders):
    first, second = folders("nhom-1", "zalo"), folders("nhom-2", "zalo")
    other, none = folders("nhom-3", "facebook"), folders("nhom-4", None)
    first.drop("a.json", {"type": "notice.v1", "body": {"text": "Từ nhóm một."}})
    first.wait_for(first.sent, "what was dropped is at the hub")
    Desk(hub).post({"text": "Từ xã."})
    for folder in (first, second, other, none):
        folder.wait_for(lambda folder=folder: "Từ xã." in texts(folder), "what comes from elsewhere")
    assert texts(first) == texts(second) == ["Từ xã."]
    assert sorted(texts(other)) == sorted(texts(none)) == ["Từ nhóm một.", "Từ xã."]
