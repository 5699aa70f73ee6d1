"""Microphone and speaker of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Callable, Literal, NamedTuple, Optional

from vatel_rt.audio.device import CAPTURE_BLOCKS, BufferedDevice
from vatel_rt.audio.echo import Mode, SelfHearing, cleaner
from vatel_rt.audio.pcm import BLOCK_FRAMES, SAMPLE_RATE
from vatel_rt.audio.portaudio.callbacks import Capture, Handover, Playback
from vatel_rt.audio.portaudio.library import CALL_SECONDS, Choice, PortAudio
from vatel_rt.audio.portaudio.problems import LOST, NO_CONVERSION
from vatel_rt.audio.portaudio.sound_server import connections, cut_connections
from vatel_rt.audio.portaudio.worker import Worker
from vatel_rt.errors import AudioDeviceError, ConfigurationError

log = logging.getLogger("vatel.audio")

WATCH_SECONDS, STILL_CHECKS = 0.25, 4  # a device without callbacks for that long counts as lost
CLOSE_SECONDS = 1  # closing takes 40 ms; later, the connection to a hanging sound server is cut
REOPEN_SECONDS, AGAIN_SECONDS = 10, 0.5  # for a lost device: sound servers take time to restart


class _Open(NamedTuple):
    """Everything that is open; closing `portaudio` releases it."""

    portaudio: PortAudio
    playback: Playback
    capture: Capture
    latency: float


class PyAudioDevice(BufferedDevice):
    """Microphone and speaker of this machine, through PortAudio. Requires the extra `vatel[audio]`.

    Both run in threads: an event loop that is busy for some seconds loses no captured audio, and
    queued audio goes on playing.

    Args:
        input, output: index or part of the name of microphone and speaker; the default if omitted.
        mode: `full`: the agent always listens; use a headset or a quiet speaker. `half`: the agent
            does not listen while it speaks, so it cannot be interrupted. `aec`: the agent's voice
            is removed from the captured audio; requires `vatel[aec]`.
        frames: frames per block of the speaker, 120 to 2400. Fewer: interrupted speech ends sooner
            (240: 35 ms, 480: 60 ms), but a busy program stutters sooner.
        on_loss: when the device is lost, `fail` ends the call with an error; `reopen` continues
            with the chosen device if it exists, otherwise with the default one.

    Raises:
        ConfigurationError: an argument is not valid.
        AudioDeviceError: `mode="aec"` without pywebrtc-audio. (In `start`) PyAudio, PortAudio,
            the device or the permission is missing. (In `read`) the device is lost.
    """

    def __init__(
        self,
        input: Choice = None,  # noqa: A002
        output: Choice = None,
        *,
        mode: Mode = "full",
        frames: int = BLOCK_FRAMES,
        on_loss: Literal["fail", "reopen"] = "fail",
    ) -> None:
        super().__init__()
        if frames not in range(120, 2401):
            raise ConfigurationError(f"frames must be a number from 120 to 2400, not {frames!r}")
        if on_loss not in ("fail", "reopen"):
            raise ConfigurationError(f"on_loss must be 'fail' or 'reopen', not {on_loss!r}")
        self._choices = self._lasting_choices = (input, output)
        self._mode: Mode = mode
        self._frames, self._on_loss = frames, on_loss
        self._worker: Optional[Worker] = None
        self._watcher: Optional[asyncio.Task[None]] = None
        self._open: Optional[_Open] = None
        self._renew(lambda: None)

    def _renew(self, wake: Callable[[], object]) -> None:
        """Reset everything that a call changes."""
        self._handover = Handover(wake, CAPTURE_BLOCKS)
        self._clean, self._self_hearing = cleaner(self._mode), SelfHearing()
        self._lost = self._late = 0  # of streams that are closed

    @property
    def underruns(self) -> int:
        """How often, since `start`, the speaker ran out of speech, or PortAudio was late."""
        opened = self._open  # read once: the worker thread may clear it
        return super().underruns + self._late + (opened.playback.lost if opened else 0)

    @property
    def dropped(self) -> int:
        """Number of captured blocks, since `start`, not read in time or lost by PortAudio."""
        opened = self._open
        lost = self._lost + (opened.capture.lost if opened else 0)
        return super().dropped + self._handover.dropped + lost

    async def start(self) -> None:
        """Open both devices; the `AudioDeviceError` of a failure says what to do."""
        if self._worker is not None:
            raise AudioDeviceError("the device is open already")
        keep = connections()
        loop = asyncio.get_running_loop()
        self._worker = Worker("vatel-portaudio", lambda: cut_connections(keep))
        self._renew(lambda: self._wake(loop))
        self._begin()
        try:
            await self._worker.run(self._open_chosen, CALL_SECONDS)
        except (AudioDeviceError, TimeoutError) as error:
            await self.close()
            raise _explained(error) from error
        self._watcher = asyncio.create_task(self._watch())

    async def drain(self) -> None:
        """Wait until all queued audio has been heard, to the last sample."""
        await super().drain()
        if (opened := self._open) is not None and self._is_running:
            # The device still plays for as long as its latency, and stopping would cut that.
            frames = 2 * max(self._frames, BLOCK_FRAMES)
            await asyncio.sleep(opened.latency + frames / SAMPLE_RATE)

    async def close(self) -> None:
        """Stop at once and release the devices."""
        worker, self._worker = self._worker, None
        watcher, self._watcher = self._watcher, None
        if worker is None:
            return
        self._stop()
        try:
            if watcher is not None:
                watcher.cancel()
                await asyncio.wait({watcher})
        finally:
            try:
                await worker.finish(self._shut, CLOSE_SECONDS)
            except TimeoutError:
                log.error("the sound system does not respond; its thread is abandoned")

    # ---- in the worker thread ----------------------------------------------------------------

    def _open_chosen(self) -> None:
        names = self._open_both(*self._choices)
        # An index may mean another device after one is removed; a name does not.
        pairs = zip(names, self._choices)
        input_, output = (name if isinstance(own, int) else own for name, own in pairs)
        self._lasting_choices = (input_, output)

    def _open_both(self, input_: Choice, output: Choice) -> tuple[str, str]:
        portaudio = PortAudio()
        try:
            microphone = portaudio.choose(input_, "input")
            speaker = portaudio.choose(output, "output")
            try:
                playback = Playback(self._playout, speaker.rate, speaker.channels)
                rate, channels = microphone.rate, microphone.channels
                capture = Capture(playback.played, self._handover.put, rate, channels)
            except ModuleNotFoundError as error:
                raise NO_CONVERSION.error(error) from error
            # Two streams, the output first: a single stream for both directions lost samples.
            latency = portaudio.open(speaker, self._frames, playback)
            portaudio.open(microphone, BLOCK_FRAMES, capture)
            self._open = _Open(portaudio, playback, capture, latency)
            portaudio.start()
            return microphone.device.name, speaker.device.name
        except BaseException:
            self._open = None
            portaudio.close()
            raise

    def _shut(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            self._late += opened.playback.lost
            self._lost += opened.capture.lost
            opened.portaudio.close()

    def _reopen(self) -> None:
        self._shut()
        try:
            self._open_both(*self._lasting_choices)
        except AudioDeviceError:
            if self._lasting_choices == (None, None):
                raise
            self._open_both(None, None)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:  # in the thread of a callback
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._take)

    # ---- in the event loop -------------------------------------------------------------------

    def _take(self) -> None:
        with self._stopping_on_error():
            for captured, played in self._handover.take_all():
                if self._is_running:
                    self._exchange(captured, played)

    def _exchange(self, captured: bytes, played: bytes) -> None:
        captured = self._clean(captured, played)
        self._self_hearing.hear(captured, played)
        super()._exchange(captured, played)

    async def _watch(self) -> None:
        """Detect a device whose callbacks have stopped; PortAudio does not report this."""
        before, still = (-1, -1), 0
        while self._is_running and self._open is not None:
            await asyncio.sleep(WATCH_SECONDS)
            playback, capture = self._open.playback, self._open.capture
            calls = (playback.calls, capture.calls)
            still = still + 1 if calls[0] == before[0] or calls[1] == before[1] else 0
            before = calls
            if error := playback.error or capture.error:
                self._stop(AudioDeviceError(f"the audio callback failed: {error!r}"))
            elif still >= STILL_CHECKS:
                before, still = (-1, -1), 0
                await self._replace()

    async def _replace(self) -> None:
        """Open another device in the place of a lost one, or stop."""
        error: Exception = LOST.error()
        loop = asyncio.get_running_loop()
        until = loop.time() + (REOPEN_SECONDS if self._on_loss == "reopen" else 0)
        while self._worker is not None and loop.time() < until:
            log.warning("the sound device is lost; looking for another one")
            try:
                await self._worker.run(self._reopen, CALL_SECONDS)
                return
            except (AudioDeviceError, TimeoutError) as failed:
                error = failed
            await asyncio.sleep(AGAIN_SECONDS)
        self._stop(_explained(error))


def _explained(error: Exception) -> AudioDeviceError:
    return error if isinstance(error, AudioDeviceError) else LOST.error("it does not respond")
