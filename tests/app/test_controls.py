from antema.app.controls import PIECE_BYTES, Download, Page


def sent_by(widget, monkeypatch):
    sent = []
    monkeypatch.setattr(
        widget, "send", lambda content, buffers=None: sent.append((content, buffers))
    )
    return sent


def test_every_ping_is_answered_and_the_first_opens_the_page(monkeypatch):
    opened, keys = [], []
    page = Page({"1": lambda: keys.append("1")}, lambda: opened.append(1))
    sent = sent_by(page, monkeypatch)
    for _ in range(2):
        page._heard(None, {"kind": "ping"}, [])
    for key in ("1", "x"):
        page._heard(None, {"kind": "key", "key": key}, [])
    assert [content["kind"] for content, _ in sent] == ["pong", "pong"]
    assert opened == [1]
    assert keys == ["1"]


def test_a_large_file_is_saved_in_pieces_that_join_to_it(monkeypatch):
    content = bytes(range(256)) * (PIECE_BYTES // 256) + b"end"
    download = Download("Save", "hint", "x.zip", lambda save: save(content))
    sent = sent_by(download, monkeypatch)
    download._heard(None, {"kind": "make"}, [])
    assert [about["index"] for about, _ in sent] == [0, 1]
    assert {about["count"] for about, _ in sent} == {2}
    assert b"".join(bytes(buffers[0]) for _, buffers in sent) == content
