"""Winograd's convolution: fewer multiplications for the same sums over the rows of a kernel.

A kernel of r rows makes m rows of outputs of m + r − 1 rows of an image. The plain line multiplies m · r times (for each
column, channel, neuron and sample). m + r − 1 times suffice. Two rows of outputs by a kernel of three rows:

    y_0 = x_0 w_0 + x_1 w_1 + x_2 w_2                   the plain line: six products
    y_1 = x_1 w_0 + x_2 w_1 + x_3 w_2

    y_0 = p_0 + p_1 + p_2       p_0 = (x_0 − x_2) · w_0                             four products
    y_1 = p_1 − p_2 − p_3       p_1 = (x_1 + x_2) · (w_0 + w_1 + w_2) / 2
                                p_2 = (x_2 − x_1) · (w_0 − w_1 + w_2) / 2
                                p_3 = (x_1 − x_3) · w_2

In general y = Aᵀ [G w · Bᵀ x], with three small matrices (see `transforms`) and one product for each of the m + r − 1
entries in the brackets, which are called points here. Sums over channels and kernel columns can be made before Aᵀ: so
at each point stands W · patches, of a kernel of one row. y is linear in x and in w, so the way back has the same
matrices:

    ∂ℓ/∂w = Gᵀ [A ∂ℓ/∂y · Bᵀ x]             ∂ℓ/∂x = B [G w · A ∂ℓ/∂y]

Only rows are treated so. With columns too, the products would become thin, and sums would lose more digits. The error
is two to ten times that of the plain line: some 1e-6 of the largest output in float32, 1e-15 in float64. An exact 0 can
become 1e-17, and then lie on either side of a kink: so outputs of empty patches are set to 0 (`keep_zeros`); kernels
with a 0 in them, and kernels of whole numbers, whose sums of whole numbers are exact, are left to the plain line
(`pays`); and so is the way back of all that is not training: the scores.

Sources: Winograd (1980), Arithmetic Complexity of Computations, SIAM, as cited by Lavin and Gray (2016), Fast Algorithms
for Convolutional Neural Networks, CVPR, arXiv:1509.09308, who made layers of it, of rows and columns.
"""

from functools import lru_cache

import numpy as np

POINTS = (0, 1, -1, 2, -2, 1 / 2, -1 / 2)       # and infinity
MOST = 4                                        # rows of outputs at a time
PART = 1 << 20                                  # bytes of products at a time

# where it is faster than the plain line: measured with 4 to 256 channels, 8 to 512 neurons and 16 to 400 samples
SAMPLES = 32
NEURONS = 16
FIELD = 150                                     # numbers of a patch
READ = 9600                                     # numbers of the patches at one position, of all samples
SHARE = 0.7                                     # of the plain line's multiplications, at most


def pays(W, N, height):
    """Whether N ≥ SAMPLES samples of `height` rows of outputs gain by it from kernels W (K, kh, kw, C), and lose no exact
    zeros: no weight is 0, and not all are whole numbers (the first neuron's stand for all)."""
    r, F = W.shape[1], W[0].size
    if len(W) < NEURONS or F < FIELD or N * F < READ or rows_at_once(r) < 2:
        return False
    multiplications = (rows_at_once(r) + r - 1) * -(-height // rows_at_once(r))
    return multiplications <= SHARE * r * height and W.all() and not (W[0] == np.rint(W[0])).all()


@lru_cache
def transforms(r, dtype):
    """A (n, m), G (n, r) and B (n, n) for a kernel of r rows, of n = m + r − 1 points.

    They come from multiplying polynomials. Let y and w be the coefficients of two of them. Their product has n
    coefficients, v_k = Σ_i y_i w_{k−i}. Its values at n points determine them: at p_1, p_2, … and, called the value at
    infinity, its highest coefficient. A and G evaluate y and w there, and B interpolates: v = B (A y · G w). Then

        Σ_k x_k v_k = Σ_i y_i (Σ_j w_j x_{i+j}),    and also    Σ_k x_k v_k = Σ_i y_i (Aᵀ [G w · Bᵀ x])_i,

    for all y, and the first bracket is the convolution of x and w. Lagrange's denominators Π (p − q) stand in G.
    """
    m = rows_at_once(r)
    points = np.array(POINTS[:m + r - 2])
    others = [np.delete(points, i) for i in range(len(points))]
    A = np.vstack([np.vander(points, m, increasing=True), np.eye(m)[-1]])
    G = np.vstack([np.vander(points, r, increasing=True), np.eye(r)[-1]])
    G[:-1] /= [[np.prod(p - q)] for p, q in zip(points, others)]
    B = np.zeros((m + r - 1, m + r - 1))
    B[:-1, :-1] = np.transpose([np.poly(roots)[::-1] for roots in others])
    B[:, -1] = np.poly(points)[::-1]
    return A.astype(dtype), G.astype(dtype), B.astype(dtype)


def rows_at_once(r):
    """m, how many rows of outputs are made together by a kernel of r rows."""
    return min(MOST, len(POINTS) + 2 - r)


def tiles(height, r):
    """(number, slice of its rows) for each m rows of outputs; the last may have fewer."""
    m = rows_at_once(r)
    return [*enumerate(slice(start, min(start + m, height)) for start in range(0, height, m))]


def image_at_points(x, r):
    """Bᵀ x (n, tiles, W, C, N) of padded images (C, H, W, N)."""
    _, _, B = transforms(r, x.dtype)
    return at_points(B.T, x, [slice(rows.start, rows.stop + r - 1) for _, rows in tiles(x.shape[1] - r + 1, r)])


def outputs_at_points(da, r):
    """A ∂ℓ/∂y (n, tiles, W′, K, N) of (K, H′, W′, N)."""
    A, _, _ = transforms(r, da.dtype)
    return at_points(A, da, [rows for _, rows in tiles(da.shape[1], r)])


def at_points(matrix, images, all_rows):
    """The matrix (n, ·) times the rows of each tile. Where the last tile has fewer rows, the others would be 0."""
    C, _, W, N = images.shape
    found = np.empty((len(matrix), len(all_rows), W, C, N), images.dtype)
    for i, rows in enumerate(all_rows):
        read = images[:, rows].transpose(0, 2, 1, 3)                                        # (C, W, rows, N)
        np.matmul(matrix[:, :read.shape[2]], read, out=found[:, i].transpose(2, 1, 0, 3))
    return found


def kernel_at_points(W):
    """G w (n, K, kw · C) of W (K, kh, kw, C)."""
    K, r, kw, C = W.shape
    _, G, _ = transforms(r, W.dtype)
    return (G @ W.transpose(1, 0, 2, 3).reshape(r, -1)).reshape(len(G), K, kw * C)


def patches(image, kw):
    """The patches of a kernel of one row at all points, (n, tiles, W′, kw · C, N): a view, since columns of an image
    lie one behind the other in memory, each of all its channels and samples."""
    n, count, W, C, N = image.shape
    return np.ndarray((n, count, W - kw + 1, kw * C, N), image.dtype, image, 0, image.strides)


def parts(width, nbytes):
    """Slices of `width` columns, equal as far as can be, of about PART bytes of all `nbytes`."""
    step = max(width * PART // max(nbytes, 1), 1)
    step = -(-width // -(-width // step))
    return [slice(start, start + step) for start in range(0, width, step)]


def product(W, points, out):
    """out = Σ_j x_npj w_ij = Aᵀ [G w · Bᵀ x], (K, H′, W′, N)."""
    (K, r, kw, _), (height, width, N) = W.shape, out.shape[1:]
    A, _, _ = transforms(r, out.dtype)
    weights, read = kernel_at_points(W)[:, None], patches(points, kw)
    for columns in parts(width, len(A) * K * width * N * out.itemsize):
        for i, rows in tiles(height, r):
            products = weights @ read[:, i, columns]                                        # (n, columns, K, N)
            np.matmul(A[:, :rows.stop - rows.start].T, products.transpose(2, 1, 0, 3),
                      out=out[:, rows, columns].transpose(0, 2, 1, 3))


def weight_gradient(points, given, shape):
    """Σ_np ∂ℓ/∂a_npi x_npj = Gᵀ [A ∂ℓ/∂a · Bᵀ x], as `shape` (K, kh, kw, C)."""
    K, r, kw, C = shape
    _, G, _ = transforms(r, points.dtype)
    read = patches(points, kw)
    if points.shape[-1] > K:
        found = G.T @ sums_by_columns(given, read).reshape(len(G), -1)
        return np.ascontiguousarray(found.reshape(r, kw, C, K).transpose(3, 0, 1, 2))
    found = G.T @ sums_by_tiles(given, read).reshape(len(G), -1)
    return np.ascontiguousarray(found.reshape(r, K, kw, C).transpose(1, 0, 2, 3))


def sums_by_columns(given, read):
    """The products at all points, (n, kw · C, K), summed over positions one after the other."""
    sums = np.zeros((len(read), read.shape[3], given.shape[3]), read.dtype)
    product = np.empty_like(sums)
    for i in range(read.shape[1]):
        for w in range(read.shape[2]):
            sums += np.matmul(read[:, i, w], given[:, i, w].transpose(0, 2, 1), out=product)
    return sums


def sums_by_tiles(given, read):
    """The same, (n, K, kw · C), where a sum has more numbers than there are samples: then it is faster to copy the
    patches of some tiles one behind the other and have the sum over their positions made by the product."""
    (n, count, width, F, N), K = read.shape, given.shape[3]
    sums = np.zeros((n, K, F), read.dtype)
    step = max(PART // (F * width * N * read.itemsize), 1)
    for at_point, x_there, da_there in zip(sums, read, given):
        for start in range(0, count, step):
            part = slice(start, start + step)
            at_point += in_rows(da_there[part]) @ in_rows(x_there[part]).T
    return sums


def in_rows(part):
    """(tiles, W′, rows, N) as a matrix (rows, tiles · W′ · N)."""
    return part.transpose(2, 0, 1, 3).reshape(part.shape[2], -1)


def product_back(given, W, shape):
    """Σ_i ∂ℓ/∂a_npi w_ij = B [G w · A ∂ℓ/∂a], added up where patches overlap, as `shape` (C, H, W, N)."""
    (K, r, kw, C), (_, H, width, N) = W.shape, shape
    _, _, B = transforms(r, given.dtype)
    weights = np.ascontiguousarray(kernel_at_points(W).transpose(0, 2, 1))[:, None]         # (n, 1, kw · C, K)
    dx = np.zeros(shape, given.dtype)
    for i, rows in tiles(H - r + 1, r):
        points = np.zeros((len(B), width, C, N), given.dtype)
        for columns in parts(given.shape[2], kw * C * given[:, i, :, 0].nbytes):
            shares = (weights @ given[:, i, columns]).reshape(len(B), -1, kw, C, N)
            for s in range(kw):
                points[:, columns.start + s:columns.start + s + shares.shape[1]] += shares[:, :, s]
        read = slice(rows.start, rows.stop + r - 1)
        dx[:, read] += (B[:read.stop - read.start] @ points.transpose(2, 1, 0, 3)).transpose(0, 2, 1, 3)
    return dx


def keep_zeros(out, x, kernel):
    """Set out to exactly 0 where a patch of x is 0 throughout, as an image's background may be.

    It is so by the plain line. Here rounding would leave some 1e-17, on either side of the kink of a relu.
    """
    lit = x.any(axis=0)                                                                     # (H, W, N)
    if lit.all():
        return
    for axis, k in enumerate(kernel):
        places = lit.shape[axis] - k + 1
        lit = np.logical_or.reduce([lit.take(range(s, s + places), axis) for s in range(k)])
    if not lit.all():
        out *= lit.astype(out.dtype)
