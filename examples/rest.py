"""Manage agents and list calls over REST.

Set VATEL_API_KEY (and VATEL_BASE_URL, for the simulator), then: python examples/rest.py
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone

from vatel import (
    AgentCreateInput,
    AgentUpdateInput,
    Client,
    ConflictError,
    NotFoundError,
    VatelError,
)


def publish_newest_version(client: Client, agent_id: str) -> None:
    newest = client.agents.list_versions(agent_id)[0]
    try:
        published = client.agents.publish_version(agent_id, newest.id or "")
        print("published at", published.published_at)
    except ConflictError:
        print("the newest version is already published")


def print_calls_of_the_last_week(client: Client) -> None:
    a_week_ago = datetime.now(timezone.utc) - timedelta(days=7)
    for call in client.calls.iter(date_from=a_week_ago):
        print(call.created_at, call.status, call.duration_seconds, "s")


def save_newest_recording(client: Client) -> None:
    newest = next(client.calls.iter(page_size=1), None)
    if newest is None or newest.id is None:
        print("there are no calls yet")
        return
    try:
        client.calls.save_recording(newest.id, f"{newest.id}.wav")
        print(f"saved {newest.id}.wav")
    except NotFoundError:
        print("the newest call has no recording")


def main() -> None:
    with Client() as client:
        print("organization:", client.organization.get().name)
        agent = client.agents.create(
            AgentCreateInput(name="Example agent", prompt="You are brief.", first_message="Hello!")
        )
        agent_id = agent.id or ""
        try:
            client.agents.update(agent_id, AgentUpdateInput(prompt="You are brief and kind."))
            publish_newest_version(client, agent_id)
            token = client.session.generate_token(agent_id).token
            print("a session token of", len(token), "characters")
            print_calls_of_the_last_week(client)
            save_newest_recording(client)
        finally:
            client.agents.delete(agent_id)


if __name__ == "__main__":
    try:
        main()
    except VatelError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
