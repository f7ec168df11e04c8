"""The arrays of connections."""


def weight_arrays(net):
    """{"conv1.W": array, …}: the connections of all layers, the output layer's too, the layers' own arrays.

    Biases and batch norm's γ and β are no connections: they are never scored and never masked.
    """
    return {name: array for name, array in net.parameters().items() if name.endswith(".W")}
