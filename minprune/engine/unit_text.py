"""Units as text: which neurons leave together, who reads them, and which layers stay."""

from .coupling import why_they_stay


def groups_in_words(net):
    """A line for each Unit of the network, then one for each layer with neurons that stay, and why."""
    lines = [line_of(name, unit, net) for name, unit in net.units.items()]
    leave = {member for unit in net.units.values() for member in unit.members}
    stay = why_they_stay(net.layers) if lines else {}
    for name in net.neuron_layers if lines else ():
        if name not in leave or name in stay:
            some = "some neurons stay" if name in leave else "stays"
            lines.append(f"{name}: {some}; {stay[name]}")
    return "\n".join(lines) or "no neuron can leave"


def line_of(name, unit, net):
    """One unit in words."""
    rows = {layer: unit.rows[layer].shape[1] for layer in (*unit.members, *unit.series)}
    if net.is_alone(name):
        together = "each alone"
    elif max(rows.values()) == 1:
        together = f"neuron i of {' and '.join(rows)} together"
    else:
        together = " and ".join(f"{m} of {layer}" if m > 1 else f"one of {layer}" for layer, m in rows.items())
        together = f"each made of {together}"
    between = f" through {', '.join(unit.between)}" if unit.between else ""
    return f"{name}: {net[name].K} neurons, {together}; read by {', '.join(unit.readers)}{between}"
