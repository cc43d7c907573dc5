"""Runs a command until standard input closes, then ends it and all it started.

Its folder for temporary files is removed as well. The process that holds the other end of the
pipe need not clean up: when it ends, in whatever way, the pipe closes.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

# An interrupt is for the process that holds the pipe. It ends, and so does this one.
signal.signal(signal.SIGINT, signal.SIG_IGN)
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)


def end(number):
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


closed = threading.Event()


def wait_for_the_pipe():
    sys.stdin.buffer.read()
    closed.set()
    end(signal.SIGTERM)
    time.sleep(3)
    end(signal.SIGKILL)


threading.Thread(target=wait_for_the_pipe, daemon=True).start()
status = child.wait()
# The rest of the child's process group ends with the child.
end(signal.SIGKILL)
if closed.is_set():
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os._exit(0)
# The child ended by itself: report that, and keep its log.
os._exit(1)
