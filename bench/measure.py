"""Runs one program and reports, as JSON on its own last line of standard error, how long it took and how much memory it held at most.

    python3 measure.py PROGRAM ARGUMENT…

Only wait4 tells the memory of one child alone; Rust's standard library does not offer it.
"""

import json
import os
import sys
import time

start = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
report = {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss * 1024, "code": os.waitstatus_to_exitcode(status)}
print(json.dumps(report), file=sys.stderr)
