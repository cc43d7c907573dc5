"""Runs a command until standard input closes, then ends it and all it started.

Its folder for temporary files goes as well. Whoever holds the other end of the pipe need not do anything to clean up: when
that process ends, in whatever way, the pipe closes.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading

# An interrupt is for whoever holds the pipe; they end, and so does this.
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)


def end(number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def wait_for_the_pipe():
    sys.stdin.buffer.read()
    end(signal.SIGTERM)
    try:
        child.wait(timeout=3)
    except subprocess.TimeoutExpired:
        pass
    # Whatever the child left behind in its group goes with it.
    end(signal.SIGKILL)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


threading.Thread(target=wait_for_the_pipe, daemon=False).start()
sys.exit(child.wait())
