"""What all tests share."""

import sys

# as in tools/notebooks.py: 2.5 s to load, for nothing that notebooks need
sys.modules.setdefault("rfc3987_syntax", None)
