"""The parts of which a role's statements are made: an action, on a resource, for one value of a condition."""

from itertools import product
from typing import NamedTuple

from promises.reading import listed


class Part(NamedTuple):
    sid: str
    action: str
    resource: str
    # The condition's operator, its key and one of its values; None without a condition.
    condition: tuple | None
    # The role's statements without this part.
    rest: list


def conditions_of(statement):
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield from ((operator, key, value) for value in listed(values))


def without(statement, condition):
    """The statement without one value of a condition; None when that was its only one."""
    operator, key, value = condition
    values = [v for v in listed(statement["Condition"][operator][key]) if v != value]
    changed = {**statement["Condition"], operator: {**statement["Condition"][operator], key: values}}
    return {**statement, "Condition": changed} if values else None


def parts(statements):
    """Every part, each with what the role would be without it."""
    for n, statement in enumerate(statements):
        pairs = list(product(listed(statement["Action"]), listed(statement["Resource"])))
        single = {pair: {**statement, "Action": pair[0], "Resource": pair[1]} for pair in pairs}
        for pair in pairs:
            others = statements[:n] + [s for p, s in single.items() if p != pair] + statements[n + 1 :]
            for condition in list(conditions_of(statement)) or [None]:
                left = without(single[pair], condition) if condition else None
                yield Part(statement["Sid"], *pair, condition, others + ([left] if left else []))
