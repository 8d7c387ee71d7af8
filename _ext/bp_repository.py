"""One setting, `bp_repository`, from which every link to the repository follows; empty, there are none."""

BRANCH = "main"


def theme_options(repository: str) -> dict:
    """The theme's options for an address; without one, none of its buttons."""
    if not repository:
        return {}
    return {
        "repository_url": repository.rstrip("/"),
        "repository_branch": BRANCH,
        "path_to_docs": "",
        "use_repository_button": True,
        "use_edit_page_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }


def configure(app, config) -> None:
    """Hand the options to the theme before it looks."""
    config.html_theme_options = {**config.html_theme_options, **theme_options(config.bp_repository)}


def edit_source(url: str) -> str:
    """The hand-written file behind an address: notebooks are built, so nobody should edit them."""
    return url[: -len(".ipynb")] + ".myst.md" if "/edit/" in url and url.endswith(".ipynb") else url


def point_to_sources(app, pagename, templatename, context, doctree) -> None:
    """Let the edit button open the source of a notebook, not its built copy."""
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if "url" in button:
                button["url"] = edit_source(button["url"])


def setup(app) -> dict:
    """Register the setting."""
    app.add_config_value("bp_repository", "", "html", types=(str,))
    app.connect("config-inited", configure)
    app.connect("html-page-context", point_to_sources, priority=900)  # after the theme added its buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
