"""Decisions: from scores to who stays."""

from .rules import decide, removal_order

__all__ = ["decide", "removal_order"]
