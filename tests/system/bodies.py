"""Bodies that fit the built-in types."""


def notice(text="Mời bà con ấp An Thường họp lúc 19 giờ tại nhà văn hóa.", **more):
    return {"title": "Họp dân", "text": text, "lang": "vi", "channels": ["loa", "zalo"], **more}


def receipt(outcome="done", target="loa", at=1_767_225_600_000, detail=""):
    return {"outcome": outcome, "target": target, "at": at, "detail": detail}


def approval(of):
    return {"from": of.sender, "id": of.id, "type": of.type}


def state(n=0):
    """(type, body) of something that may be retained, another for each n."""
    return "health.v1", {"state": "well", "at": n}


def alert(**more):
    return {"event": "Triều cường", "status": "Actual", "msgType": "Alert", "urgency": "Expected", "severity": "Severe",
            "certainty": "Likely", "headline": "Triều cường dâng cao đêm nay", **more}
