"""Who may do what, and what of it is done: a Markdown table."""

from itertools import groupby

from promises.reading import listed

from .holding import brief


def cell(values):
    return ", ".join(sorted(values)) or "**nothing**"


def uses(call):
    """What a call is for, as the table says it: the reason of AWS, or what the function names."""
    if call.why:
        return [call.why]
    if "/index/" in call.resource:
        return ["every shard"]
    return [f"`{value}`" for values in call.context.values() for value in listed(values)] or ["all of it"]


def lines(held):
    """A row for each resource, with the actions for which the rest of the row is the same."""
    allowed, used = {}, {}
    for (who, _, action, resource, condition), needing in held.needed.items():
        key = (who, brief(resource), action)
        allowed.setdefault(key, set()).add(f"`{condition[2]}`" if condition else "all of it")
        used.setdefault(key, set()).update(use for call in needing for use in uses(call))
    yield "| who | actions | resource | allowed for | used for |"
    yield "|---|---|---|---|---|"
    rows = [((who, resource, cell(allowed[key]), cell(used[key])), key[2]) for key in sorted(allowed) for who, resource, _ in [key]]
    rows.sort()
    for (who, resource, may, does), group in groupby(rows, lambda row: row[0]):
        actions = ", ".join(f"`{action}`" for _, action in group)
        yield f"| {who} | {actions} | `{resource}` | {may} | {does} |"
