"""What all tests share."""

import sys

sys.modules.setdefault(
    "rfc3987_syntax", None
)  # as in tools/notebooks.py: 2.5 s to load, for nothing that notebooks need
