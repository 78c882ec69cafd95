"""What the resources of this package share: properties, how two states are compared, the five calls."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

Json = dict[str, Any]


class Kind(ABC):
    """One sort of AWS resource. Its methods take and give plain values."""

    inputs: ClassVar[tuple[str, ...]]
    """Properties that a program declares; the others are computed."""
    replaces: ClassVar[frozenset[str]]
    """Inputs whose change needs a new resource."""
    first_delete: ClassVar[bool] = True
    """Must the old one go before the new one comes (both would have the same name)?"""

    @abstractmethod
    def make(self, props: Json) -> tuple[str, Json]:
        """Make it, or adopt ours; gives its id and what is computed."""

    @abstractmethod
    def look(self, id_: str, props: Json) -> Json | None:
        """Inputs and computed properties as they are; None when it is gone."""

    @abstractmethod
    def change(self, id_: str, props: Json) -> Json:
        """Make it what is declared; gives what is computed."""

    @abstractmethod
    def remove(self, id_: str, props: Json) -> None:
        """Take it away; it may be gone already."""

    # --- what the shell calls (components/aws/shell.py) ---------------------------------------

    def create(self, props: Json) -> tuple[str, Json]:
        declared = self._declared(props)
        id_, computed = self.make(declared)
        return id_, {**declared, **computed}

    def read(self, id_: str, props: Json) -> tuple[str, Json] | None:
        live = self.look(id_, props)
        return None if live is None else (id_, {**self._declared(props), **live})

    def update(self, id_: str, _olds: Json, news: Json) -> Json:
        declared = self._declared(news)
        return {**declared, **self.change(id_, declared)}

    def delete(self, id_: str, props: Json) -> None:
        self.remove(id_, props)

    def diff(self, _id: str, olds: Json, news: Json) -> tuple[bool, list[str], bool]:
        """Declared inputs compared, whatever their order and whether a number is 1 or 1.0."""
        changed = [key for key in self.inputs if canonical(olds.get(key)) != canonical(news.get(key))]
        replaces = [key for key in changed if key in self._replacing(olds, news)]
        return bool(changed), replaces, self.first_delete

    def _replacing(self, _olds: Json, _news: Json) -> frozenset[str]:
        return self.replaces

    def _declared(self, props: Json) -> Json:
        return {key: props.get(key) for key in self.inputs}


def canonical(value: Any) -> Any:
    """Equal for equal meaning: empty is absent, lists are sets (regions, actions), 1.0 is 1."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, Mapping):
        return {key: canonical(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return sorted((canonical(one) for one in value), key=repr)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def tag_list(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """Tags as most services take them."""
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def tags_of(listed: list[Mapping[str, str]]) -> dict[str, str]:
    """The other way round."""
    return {tag["Key"]: tag["Value"] for tag in listed}
