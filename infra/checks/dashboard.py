"""The dashboard as a table: each widget from top to bottom, its metrics, and who tells them.

    python infra/checks/dashboard.py TRANSLATED
"""

import json
import sys
from pathlib import Path

from promises import dashboard

print(*dashboard.table(json.loads(Path(sys.argv[1]).read_text())), sep="\n")
