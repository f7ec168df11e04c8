"""Wrong solutions of assignment 2, each with one mistake: `minprune grade` must take away the points of one task.

(the task, a part of the solved source, the wrong code in its place, a regular expression for the feedback)
"""

WRONG = [
    ("convolve", "W) + b\n", "W)\n", "the bias is forgotten"),
    ("convolve", "patches, W) + b", "patches, W[:, ::-1, ::-1]) + b", "the kernel is flipped"),
    ("kernel_gradient", "dz)\n    # solution ends\n\n\ndef image",
     "dz) / len(x)\n    # solution ends\n\n\ndef image",
     "mean over the samples"),
    ("kernel_gradient", '->iuvj", patches, dz)', '->iuvj", patches, dz)[:, ::-1, ::-1]', "kernel is flipped"),
    ("kernel_gradient", '->iuvj", patches', '->ivuj", patches', "wrong in"),
    ("image_gradient", "dz @ W[:, u, v]", "dz @ W[:, -1 - u, -1 - v]", "the kernel is flipped"),
    ("image_gradient", "v + columns] += dz", "v + columns] = dz", "wrong in"),
    ("image_gradient", "rows, columns, _ = dz.shape\n    _, kh, kw, C = W.shape",
     "rows, columns, _ = dz.shape\n    _, kw, kh, C = W.shape", "expected shape|raised"),
    ("image_gradient", "rows + kh - 1, columns + kw - 1", "rows, columns", "raised ValueError"),
    ("max_pool", "windows.max(axis", "windows.mean(axis", "the mean of each window"),
    ("max_pool", "return windows.max(axis=(2, 4))", "return windows.max(axis=2).max(axis=4)", "expected shape"),
    ("max_pool", "return windows.max(axis=(2, 4))", "return np.maximum(windows.max(axis=(2, 4)), 0)",
     "it begins with 0: a window may hold negative numbers only"),
    ("max_pool", "rows, columns = height // size, width // size",
     "x = np.pad(x, ((0, 0), (0, -height % size), (0, -width % size), (0, 0)), constant_values=-np.inf)\n"
     "    rows, columns = -(-height // size), -(-width // size)", "expected shape"),
    ("max_pool", "windows.max(axis=(2, 4))", "windows.max(axis=(2, 4, 5), keepdims=True)[:, :, 0, :, 0] + 0 * "
     "windows[:, :, 0, :, 0]", "wrong in"),
    ("max_pool_gradient", "(x[inside] == largest) * do", "do", "every pixel of a window"),
    ("max_pool_gradient", "largest = max_pool(x, size)", "largest = np.maximum(max_pool(x, size), 0)", "wrong in"),
    ("max_pool_gradient", "(x[inside] == largest) * do", "(x[inside] == largest) + 0 * do", "wrong in"),
    ("max_pool_gradient", "dx[inside] = (x[inside]", "dx = (x[inside]", "wrong in"),
]
