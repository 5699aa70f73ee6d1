"""Let an agent call functions: plain and asynchronous, with types, limits and failures.

Set VATEL_API_KEY and VATEL_AGENT_ID (and VATEL_BASE_URL, for the simulator), then:
python examples/tools.py [QUESTION.wav]
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import date

from vatel import Client, Tools, VatelError, WavDevice
from vatel.simulator import caller_clip

ORDERS = {"42": ("shipped", date(2030, 5, 17)), "43": ("packed", date(2030, 5, 19))}
tools = Tools()


@dataclass
class Order:
    order_id: str
    status: str
    arrives: date


@tools.tool
def order_status(order_id: str) -> Order:
    """Return an order. Arguments are converted to the annotated types, the result to JSON.

    A plain function runs in a thread and may block. If it raises, the agent is told only that the
    tool failed; the traceback goes to the logger `vatel.tools`.
    """
    status, arrives = ORDERS[order_id]
    return Order(order_id, status, arrives)


@tools.tool(name="refund", timeout=10, cancel_on_interruption=True)
async def refund_order(order_id: str, cents: int = 0) -> str:
    """Refund an order. This tool is asynchronous; an interruption by the caller cancels it."""
    await asyncio.sleep(0.1)  # a request to the bank
    if order_id not in ORDERS:
        return "There is no such order."  # text is sent unchanged: tell the agent what to say
    return f"{cents / 100:.2f} will be refunded."


async def main(question: str | bytes) -> int:
    async with Client() as client:
        agent_id = os.environ.get("VATEL_AGENT_ID")
        device = WavDevice(question, "answer.wav")
        async with client.call(agent_id, audio=device, tools=tools) as call:
            end = await call.wait()  # does not raise if the call breaks off
        for row in call.transcript:
            print(f"{row.role}: {row.text}")
        print("tools that were called:", ", ".join(call.report.tool_calls) or "none")
        print("ended:", end, "" if end.clean else f"- {end.hint}")
        return 0 if end.clean else 1


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else caller_clip())))
    except VatelError as error:  # the call could not begin
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:  # Ctrl-C has hung up
        sys.exit(130)
