"""The settings that every tap has: how fast, how patiently and from when on it reads."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from connector.names import PACKAGE


def reading_settings(kind: str, page_size: int, rows: str = "Rows a page.") -> dict[str, th.Property[Any]]:
    """The settings by name; `kind` of system in texts ("shop"), `page_size` by default, `rows` says of what."""
    listed: list[th.Property[Any]] = [
        th.Property(
            "user_agent",
            th.StringType,
            default=f"{PACKAGE}/0.1 (Singer tap)",
            title="User agent",
            description="User agent of every request; firewalls are often told to let it pass.",
        ),
        th.Property(
            "start_date",
            th.StringType,
            title="Start date",
            description="Orders and other documents updated before this moment (UTC unless it names an offset) are not "
            "read. A later start_date takes precedence over an older bookmark. Never limits products.",
        ),
        th.Property(
            "end_date",
            th.StringType,
            title="End date",
            description="Upper end of the window of every incremental stream, where it lies before the server's own "
            "time. Not before start_date.",
        ),
        th.Property(
            "lookback_seconds",
            th.IntegerType(minimum=0),
            default=300,
            title="Look-back",
            description="Seconds by which the next window begins before the last one's end, for rows that a long "
            "transaction committed late. They are read twice, never lost.",
        ),
        th.Property(
            "page_size",
            th.IntegerType(minimum=1),
            default=page_size,
            title="Page size",
            description=f"{rows} If the {kind} allows fewer, the tap adapts.",
        ),
        th.Property(
            "max_concurrency",
            th.IntegerType(minimum=1),
            default=4,
            title="Most requests at once",
            description="Most requests under way at once. The tap starts with 2, adds one only while that pays, takes "
            "one away when answers slow down, and half of them after 429, 503 and timeouts. On a "
            f"{kind} with 2 cores, 2 is best and 8 makes customers wait.",
        ),
        th.Property(
            "throttle_seconds",
            th.NumberType(minimum=0),
            default=0,
            title="Throttle",
            description=f"Seconds between the starts of two requests, for a {kind} that needs rest (at most a day).",
        ),
        th.Property(
            "request_timeout",
            th.NumberType(exclusive_minimum=0),
            default=300,
            title="Request timeout",
            description="Seconds to wait for an answer of one request (at most a day).",
        ),
        th.Property(
            "retry_seconds",
            th.NumberType(minimum=0),
            default=300,
            title="Patience",
            description="Total seconds during which one request is tried again (429, 502, 503, 504, timeouts, cut or "
            "damaged answers), first within 2 s, then with growing waits; a Retry-After is obeyed. Then the stream "
            "fails, its bookmark stays.",
        ),
        th.Property(
            "max_isolated",
            th.IntegerType(minimum=0),
            default=20,
            title="Most bad records",
            description=f"Records per stream that may be unreadable (the {kind} answers 500 whenever it meets them): "
            "they are reported and left out. With more of them the stream fails.",
        ),
        th.Property(
            "hg_sync_output",
            th.StringType,
            title="HotGlue sync output",
            description="HotGlue: folder for estimated_job_metrics.json. Setting it costs one counting request per "
            "stream.",
        ),
    ]
    return {setting.name: setting for setting in listed}
