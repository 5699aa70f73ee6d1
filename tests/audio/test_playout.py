from __future__ import annotations

import random
import threading

from vatel_rt.audio.pcm import samples_of
from vatel_rt.audio.playout import PlayoutBuffer


def test_odd_chunks_come_out_as_whole_blocks_in_order() -> None:
    random_ = random.Random(1)
    sent = random_.randbytes(96_000)
    buffer = PlayoutBuffer(cushion_ms=0)
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
    buffer = PlayoutBuffer(cushion_ms=0)
    assert buffer.read(6) == bytes(6)
    buffer.write(b"\1\2")
    assert len(buffer) == 2
    assert buffer.read(6) == b"\1\2\0\0\0\0"
    assert len(buffer) == 0


def block(value: int, ms: float = 20) -> bytes:
    return value.to_bytes(2, "little") * int(24 * ms)


def test_clear_drops_all_at_once() -> None:
    buffer = PlayoutBuffer(cushion_ms=0)
    buffer.write(block(1))
    buffer.write(block(2))
    assert buffer.clear() == 1920
    assert buffer.clear() == 0
    buffer.write(b"\3\3")
    assert buffer.read(4) == b"\3\3\0\0"


def test_speech_that_is_cut_fades_in_5_ms() -> None:
    buffer = PlayoutBuffer()
    buffer.write(block(1000, 1000))
    buffer.read(960)
    assert buffer.clear() == 48_000 - 960 - 240
    faded = samples_of(buffer.read(960))
    assert list(faded) == sorted(faded, reverse=True)
    assert (900 < faded[0] < 1000, 0 < faded[119] < 20, set(faded[120:])) == (True, True, {0})
    buffer.write(block(7, 100))
    assert buffer.read(960) == block(7)
    assert buffer.underruns == 0  # another speech, however soon


def test_speech_waits_for_its_cushion_but_not_longer() -> None:
    buffer = PlayoutBuffer(cushion_ms=40)
    assert buffer.read(960) == bytes(960)
    buffer.write(block(1, 10))
    assert buffer.read(960) == bytes(960)
    buffer.write(block(1, 30))
    assert buffer.read(1920) == block(1, 40)
    buffer.read(24_000)
    buffer.write(block(2, 10))
    assert [any(buffer.read(960)) for _ in range(3)] == [False, False, True]


def test_the_cushion_grows_with_underruns_and_shrinks_without() -> None:
    buffer = PlayoutBuffer(cushion_ms=40)
    sizes = []
    for _ in range(5):
        buffer.write(block(1, 500))
        buffer.read(960)
        buffer.read(24_000)  # runs dry
        sizes.append(buffer.cushion_ms)
    assert sizes == [40, 80, 160, 240, 240]
    assert buffer.underruns == 4
    for _ in range(4):
        buffer.read(48_000)  # a pause
        buffer.write(block(1, 500))
        buffer.read(24_000)
        sizes.append(buffer.cushion_ms)
    assert sizes[5:] == [240, 120, 60, 40]
    assert buffer.underruns == 4


def test_no_more_than_ten_minutes_wait() -> None:
    buffer = PlayoutBuffer(cushion_ms=0)
    minute = bytes(24000 * 2 * 60)
    for _ in range(12):
        buffer.write(minute)
    assert len(buffer) == 10 * len(minute)
    assert buffer.refused == 2 * len(minute)


def test_one_thread_reads_while_another_writes_and_clears() -> None:
    buffer = PlayoutBuffer(cushion_ms=0)
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
