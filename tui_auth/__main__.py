"""``python -m tui_auth`` is ``tui-auth``."""

import sys

from tui_auth.cli import main

sys.exit(main())
