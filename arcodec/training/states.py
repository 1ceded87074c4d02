"""The state of a net between two stretches, whatever it is made of: tensors, numbers, tuples, lists, histories."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch


def _mapped(state: Any, function: Callable[[Any], Any]) -> Any:
    """The same, with another tensor or number in place of each; in an order that depends on its form only."""
    if isinstance(state, torch.Tensor | int):
        return function(state)
    if isinstance(state, list | tuple):
        return type(state)(_mapped(value, function) for value in state)
    if hasattr(state, "__dict__"):
        result = copy.copy(state)
        for name, value in vars(state).items():
            if isinstance(value, torch.Tensor | int | list | tuple):
                setattr(result, name, _mapped(value, function))
        return result
    return state


def detached(state: Any) -> Any:
    """The same, without what it was computed from."""
    return _mapped(state, lambda leaf: leaf.detach() if isinstance(leaf, torch.Tensor) else leaf)


def leaves(state: Any) -> list[Any]:
    """The tensors and numbers in it, on the CPU."""
    found: list[Any] = []

    def note(leaf: Any) -> Any:
        found.append(leaf.detach().cpu() if isinstance(leaf, torch.Tensor) else leaf)
        return leaf

    _mapped(state, note)
    return found


def refilled(form: Any, values: list[Any], device: torch.device) -> Any:
    """A state of the form of another, with these tensors and numbers."""
    rest: Iterator[Any] = iter(values)

    def fill(leaf: Any) -> Any:
        value = next(rest)
        return value.to(device) if isinstance(value, torch.Tensor) else value

    return _mapped(form, fill)
