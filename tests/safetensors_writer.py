"""A safetensors file as other libraries write it: sorted by name, and without a word of the order."""

import json


def sorted_file(path, arrays):
    """Write {name: array} to the path, and return it."""
    header, place = {}, 0
    for name in sorted(arrays):
        array = arrays[name]
        dtype = {"float64": "F64", "float32": "F32", "int64": "I64"}[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [place, place + array.nbytes]}
        place += array.nbytes
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(arrays[name].tobytes() for name in sorted(arrays)))
    return path
