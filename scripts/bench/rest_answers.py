"""What the platform answers in the benchmarks of REST."""

from __future__ import annotations

ID = "0f5c2a4e-6f0d-4b7c-9d0e-5f1f0f6f2b11"
TIME = "2026-05-17T09:30:21.123456Z"
AGENT = {
    "id": ID,
    "phone_number_id": "",
    "name": "Reception",
    "llm": "gpt-4.1",
    "fallback_llm": "gpt-4.1-mini",
    "status": "active",
    "prompt": "You answer the phone of a bicycle shop. " * 40,
    "first_message": "Hello, this is the bicycle shop. How can I help you?",
    "first_message_interruption_time": 1.5,
    "default_language": "en",
    "summarize_calls": True,
    "created_at": TIME,
    "updated_at": TIME,
    "noise_cancel_settings": {"enabled": True, "level": 50},
    "vad_settings": {"start_secs": 0.2, "stop_secs": 0.8, "silence_timeout_secs": 10},
    "enable_first_message_outbound": False,
    "voice_settings": {"id": "aria", "provider": "elevenlabs", "speed": 1.0, "stability": 0.5},
    "timeout_settings": {"default_timeout": 600, "timeout_action": "end_call"},
    "keyterms": ["derailleur", "tubeless"],
}
SAID = {
    "index": 1,
    "role": "user",
    "message": "Do you have a free appointment for a repair on Thursday?",
    "type": "message",
    "createdAt": TIME,
    "durationMs": 2100,
    "turnId": ID,
}
CALL = {
    "id": ID,
    "agent_id": ID,
    "status": "ended",
    "source": "twilio",
    "termination_reason": "user_hangup",
    "outbound": False,
    "created_at": TIME,
    "started_at": TIME,
    "ended_at": TIME,
    "summary": "The caller wanted an appointment.",
    "transcript": {"entries": [SAID] * 20},
    "cost": 0.21,
    "tags": ["repair"],
    "duration_seconds": 84,
}
PAGES = {"page": 1, "page_size": 100, "total": 100, "total_pages": 1}
PAGE = {
    "calls": [CALL] * 100,
    "pagination": {**PAGES, "has_next": False, "has_prev": False},
}
