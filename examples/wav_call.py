"""Check an agent with recorded questions: one call for each file, all at the same time.

Set VATEL_API_KEY and VATEL_AGENT_ID (and VATEL_BASE_URL, for the simulator), then:
python examples/wav_call.py [--limit SECONDS] QUESTION.wav ...

For each file it writes QUESTION.call.wav to the current folder, with the caller on the left and the
agent on the right, and prints the times to the answers. The exit code is 1 if a call broke off or
had no answer.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

from vatel import CallEnd, CallReport, Client, VatelError, WavDevice


async def ask(client: Client, question: Path, limit: float) -> bool:
    agent_id, record = os.environ.get("VATEL_AGENT_ID"), f"{question.stem}.call.wav"
    try:
        async with client.call(agent_id, audio=WavDevice(question), record=record) as call:
            try:
                end = await asyncio.wait_for(call.wait(), limit)
            except asyncio.TimeoutError:  # the agent is still waiting: hang up
                call.hang_up()
                end = await call.wait()
    except VatelError as error:  # the call could not begin
        print(f"{question}: {error}", file=sys.stderr)
        return False
    print(f"{question}: {summary(end, call.report)}")
    for row in call.transcript:
        print(f"    {row.role}: {row.text}{' (cut off)' if row.interrupted else ''}")
    return end.clean and bool(call.report.answer_ms)


def summary(end: CallEnd, report: CallReport) -> str:
    answers = ", ".join(f"{ms:.0f}" for ms in report.answer_ms)
    text = f"{end} after {report.duration_ms / 1000:.1f} s"
    text += f", answers after {answers} ms" if answers else ", no answer"
    return text if end.clean else f"{text} - {end.hint}"


async def main(questions: list[Path], limit: float) -> int:
    async with Client() as client:
        calls = [ask(client, question, limit) for question in questions]
        return 0 if all(await asyncio.gather(*calls)) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check an agent with recorded questions.")
    parser.add_argument("questions", nargs="+", type=Path, metavar="QUESTION.wav")
    parser.add_argument("--limit", type=float, default=60, help="seconds for a call (%(default)s)")
    options = parser.parse_args()
    try:
        sys.exit(asyncio.run(main(options.questions, options.limit)))
    except VatelError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:  # Ctrl-C has hung up all of them
        sys.exit(130)
