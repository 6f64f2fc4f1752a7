from cpms.wakeups import _Sender


def test_what_waits_to_be_said_is_said_once(monkeypatch):
    monkeypatch.setattr("threading.Thread.start", lambda _: None)  # nobody sends meanwhile
    sender = _Sender()
    for name, text in (("a", b"1"), ("b", b"1"), ("a", b"1"), ("a", b"2")):
        sender.put(name, text)

    assert sender._taken() == [("a", b"1"), ("b", b"1"), ("a", b"2")]
    assert sender._taken() == []
