"""Decisions: from scores to who stays."""

from .counts import effective_number
from .roles import equal_roles
from .rules import decide, removal_order

__all__ = ["decide", "effective_number", "equal_roles", "removal_order"]
