"""stub"""


def write_pools(app, ids, markdown, script) -> None:
    pass
