"""A limit on how long a block may take, which a learner's `except` does not swallow. Standard library only."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager

AGAIN = 0.1  # s; after that the limit strikes again and again


class TimeUp(BaseException):
    """Not an Exception, so that a learner's `except Exception` does not swallow it."""


@contextmanager
def time_limit(seconds: float):
    """Raise TimeUp in this block after `seconds`, where that can be done: in the main thread, on Unix.

    Elsewhere there is no limit, and a function that never returns has to be interrupted by hand. A limit that was
    already running (as in tests) is set up again afterwards.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def up(signum, frame):
        while frame and frame.f_code.co_filename != __file__:
            frame.f_trace = strike
            frame = frame.f_back
        sys.settrace(lambda *event: None)  # or no frame would look at its own
        raise TimeUp

    def strike(frame, event, argument):
        """A bare `except:` swallows the first one. This one comes in its first line, and is not caught there."""
        if event == "line":
            raise TimeUp
        return strike

    tracing = sys.gettrace()
    old = signal.signal(signal.SIGALRM, up)
    rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeUp:  # it struck once more, just now
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(tracing)
        signal.setitimer(signal.ITIMER_REAL, rest)
        signal.signal(signal.SIGALRM, old)
