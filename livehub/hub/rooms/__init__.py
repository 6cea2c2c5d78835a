"""Rooms in this process: replicas of their logs, recovery, ticks, fan-out, counters."""
