"""The measures of a network's size and cost, as people read them."""

MEASURES = {"neurons": "neurons", "parameters": "parameters", "multiply_adds": "multiply-adds",
            "bytes": "bytes on disk", "latency": "time of one pass"}


def with_unit(measure, value):
    """A number as people read it: 1,234,567, or in KiB, or in milliseconds."""
    if measure == "latency":
        return f"{1000 * value:.3g} ms" if value < 1 else f"{value:,.2f} s"
    return f"{value / 1024:,.1f} KiB" if measure == "bytes" else f"{value:,}"
