"""What the pages remember of their reader: the scripts that do it, which every page loads before its figures."""

SCRIPTS = ("memory.js",)  # in this order
EARLY = 300  # Sphinx's own have 200, figures 500


def setup(app) -> dict:
    """Register all of it."""
    for name in SCRIPTS:
        app.add_js_file(name, loading_method="defer", priority=EARLY)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
