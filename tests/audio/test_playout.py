from __future__ import annotations

import random
import threading

from vatel_rt.audio.playout import PlayoutBuffer


def test_odd_chunks_come_out_as_whole_blocks_in_order() -> None:
    random_ = random.Random(1)
    sent = random_.randbytes(96_000)
    buffer = PlayoutBuffer()
    position = 0
    received = b""
    while len(received) < len(sent):
        size = random_.randrange(0, 4000, 2)
        buffer.write(sent[position : position + size])
        position += size
        while len(buffer) >= 960:
            received += buffer.read(960)
    assert received == sent
    assert len(buffer) == 0


def test_what_is_missing_is_silence() -> None:
    buffer = PlayoutBuffer()
    assert buffer.read(6) == bytes(6)
    buffer.write(b"\1\2")
    assert len(buffer) == 2
    assert buffer.read(6) == b"\1\2\0\0\0\0"
    assert len(buffer) == 0


def test_clear_drops_all_at_once() -> None:
    buffer = PlayoutBuffer()
    buffer.write(b"\1" * 10)
    buffer.write(b"\2" * 10)
    buffer.read(4)
    assert buffer.clear() == 16
    assert buffer.clear() == 0
    buffer.write(b"\3\3")
    assert buffer.read(4) == b"\3\3\0\0"


def test_no_more_than_ten_minutes_wait() -> None:
    buffer = PlayoutBuffer()
    minute = bytes(24000 * 2 * 60)
    for _ in range(12):
        buffer.write(minute)
    assert len(buffer) == 10 * len(minute)
    assert buffer.refused == 2 * len(minute)


def test_one_thread_reads_while_another_writes_and_clears() -> None:
    buffer = PlayoutBuffer()
    sizes = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            sizes.append(len(buffer.read(960)))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20_000):
        buffer.write(bytes(turn % 1500))
        if turn % 7 == 0:
            buffer.clear()
    stop.set()
    reader.join()
    assert set(sizes) == {960}
    assert len(buffer) >= 0
