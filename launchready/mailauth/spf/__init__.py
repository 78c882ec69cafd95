"""SPF (RFC 7208): parse, evaluate, and count what a record costs. Pure: DNS comes in as a function.

``parse(text)`` → Record with every problem; ``check_host(ip, domain, sender, helo, lookup)`` → Verdict;
``tree(domain, lookup)`` → Tree with look-ups, void look-ups, troubles and ``explain()``;
``wanted(domain, lookup)`` → the questions that are still open.
"""

from launchready.mailauth.spf.evaluate import (
    MAX_LOOKUPS,
    MAX_MX,
    MAX_PTR,
    MAX_VOID,
    Fault,
    Result,
    Verdict,
    check_host,
)
from launchready.mailauth.spf.lookup_tree import Node, Tree, Trouble, tree, wanted
from launchready.mailauth.spf.syntax import (
    Mechanism,
    Modifier,
    Problem,
    Qualifier,
    Record,
    is_spf,
    parse,
    resembles_spf,
    select,
)

__all__ = [
    "MAX_LOOKUPS",
    "MAX_MX",
    "MAX_PTR",
    "MAX_VOID",
    "Fault",
    "Mechanism",
    "Modifier",
    "Node",
    "Problem",
    "Qualifier",
    "Record",
    "Result",
    "Tree",
    "Trouble",
    "Verdict",
    "check_host",
    "is_spf",
    "parse",
    "resembles_spf",
    "select",
    "tree",
    "wanted",
]
