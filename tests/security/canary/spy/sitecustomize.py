"""Python loads this module before the program, as it can from any PYTHONPATH.

It turns on every logger, allows core files, and records at exit whether one could have been written.
"""

import atexit
import ctypes
import logging
import os
import resource

_folder = os.environ.get("CANARY_SPY", "")
if _folder:
    logging.basicConfig(
        level=logging.DEBUG,
        filename=os.path.join(_folder, "everything.log"),  # noqa: PTH118 - as little imported as can be
        format="%(name)s %(levelname)s %(message)s",
    )
    _, _hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (_hard, _hard))

    @atexit.register
    def _tell() -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
        dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
        with open(os.path.join(_folder, "at-the-end"), "w") as file:  # noqa: PTH118, PTH123
            file.write(f"core limit {soft}, dumpable {dumpable}")
