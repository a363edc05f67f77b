"""Loaded by a server process of the close race alone: its own clock is wrong by so many seconds."""

import os
import time

_skew = float(os.environ.get("RELIABILITY_SKEW_SECONDS", "0"))
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + _skew
time.time_ns = lambda: _time_ns() + int(_skew * 1e9)
