"""Winograd's convolution: fewer multiplications for the same sums over the rows of a kernel.

A kernel of r rows makes m rows of outputs of m + r − 1 rows of an image. The plain line multiplies m · r times (for
each column, channel, neuron and sample). m + r − 1 times suffice. Two rows of outputs by a kernel of three rows:

    y_0 = x_0 w_0 + x_1 w_1 + x_2 w_2                   the plain line: six products
    y_1 = x_1 w_0 + x_2 w_1 + x_3 w_2

    y_0 = p_0 + p_1 + p_2       p_0 = (x_0 − x_2) · w_0                             four products
    y_1 = p_1 − p_2 − p_3       p_1 = (x_1 + x_2) · (w_0 + w_1 + w_2) / 2
                                p_2 = (x_2 − x_1) · (w_0 − w_1 + w_2) / 2
                                p_3 = (x_1 − x_3) · w_2

In general y = Aᵀ [G w · Bᵀ x], with three small matrices (see `transforms`) and one product for each of the m + r − 1
entries in the brackets, which are called points here. Sums over channels and kernel columns can be made before Aᵀ: so
at each point stands W · patches, of a kernel of one row. y is linear in x and in w, so the way back has the same
matrices: ∂ℓ/∂x = B [G w · A ∂ℓ/∂y].

Only rows are treated so. With columns too, the products would become thin, and sums would lose more digits. The error
is two to ten times that of the plain line: some 1e-6 of the largest output in float32, 1e-15 in float64.

So small an error matters where a sum is exactly 0, or equal to another one. 1e-17 in place of 0 lies on either side of
a kink of relu; of two maxima that were equal, max pooling takes the other one; and Adam divides a gradient by its own
size. Therefore the scores' passes keep to the plain line, and so does ∂ℓ/∂w everywhere. Two things are made this way:
passes of which only the output is asked, since predictions are continuous, and in training a = W x and ∂ℓ/∂x. There
`keep_zeros` keeps what is 0 because all that was read is 0, and `pays` leaves kernels with zeros, or of few different
values, whose sums cancel exactly, to the plain line. Equal maxima remain: in a region without contrast training may
take any of them.

Sources: Winograd (1980), Arithmetic Complexity of Computations, SIAM, as cited by Lavin and Gray (2016), Fast
Algorithms for Convolutional Neural Networks, CVPR, arXiv:1509.09308, who made layers of it, of rows and columns.
"""

from functools import lru_cache

import numpy as np

from .kernels import equal_part

POINTS = (0, 1, -1, 2, -2, 1 / 2, -1 / 2)       # and infinity
MOST = 4                                        # rows of outputs at a time
PART = 1 << 20                                  # bytes of products at a time

# where it is faster than the plain line: measured with 4 to 256 channels, 8 to 512 neurons and 16 to 400 samples
SAMPLES = 32
NEURONS = 16
BACK = 32                                       # neurons, for the way back: its products sum over them
FIELD = 150                                     # numbers of a patch
READ = 9600                                     # numbers of the patches at one position, of all samples
COLUMNS = 1024                                  # positions, of all samples
SHARE = 0.6                                     # of the plain line's multiplications, at most


def pays(W, N, shape):
    """Whether N samples (SAMPLES or more) with outputs of this shape (H′, W′, K) gain by it from kernels
    W (K, kh, kw, C), and their exact zeros are safe: no weight is 0, and weights differ."""
    (height, width, _), r, F = shape, W.shape[1], W[0].size
    if len(W) < NEURONS or F < FIELD or N * F < READ or N * height * width < COLUMNS or rows_at_once(r) < 2:
        return False
    multiplications = (rows_at_once(r) + r - 1) * -(-height // rows_at_once(r))
    return multiplications <= SHARE * r * height and W.all() and differ(W[0]) and differ(W[:, 0, 0, 0])


def differ(weights):
    """Whether most weights differ in size, and are no whole numbers: of quantised weights, sums are often exactly 0."""
    return np.unique(np.abs(weights)).size > weights.size / 2 and not (weights == np.rint(weights)).all()


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
    """Slices of m rows of outputs each; the last may have fewer."""
    m = rows_at_once(r)
    return [slice(start, min(start + m, height)) for start in range(0, height, m)]


def read_by(rows, r):
    """The rows of the image that a kernel of r rows reads for these rows of outputs."""
    return slice(rows.start, rows.stop + r - 1)


def at_points(matrix, images):
    """The matrix (n, ·) times the rows of one tile of images (C, rows, W, N), as (n, W, C, N). Where the last tile has
    fewer rows, the others would be 0."""
    C, rows, W, N = images.shape
    found = np.empty((len(matrix), W, C, N), images.dtype)
    np.matmul(matrix[:, :rows], images.transpose(0, 2, 1, 3), out=found.transpose(2, 1, 0, 3))
    return found


def kernel_at_points(W):
    """G w (n, K, kw · C) of W (K, kh, kw, C)."""
    K, r, kw, C = W.shape
    _, G, _ = transforms(r, W.dtype)
    return (G @ W.transpose(1, 0, 2, 3).reshape(r, -1)).reshape(len(G), K, kw * C)


def patches(points, kw):
    """The patches of a kernel of one row at all points, (n, W′, kw · C, N): a view, since columns of an image lie one
    behind the other in memory, each of all its channels and samples."""
    n, W, C, N = points.shape
    return np.ndarray((n, W - kw + 1, kw * C, N), points.dtype, points, 0, points.strides)


def parts(width, nbytes):
    """Slices of `width` columns, equal as far as can be, of about PART bytes of all `nbytes`."""
    step = equal_part(width, max(width * PART // max(nbytes, 1), 1))
    return [slice(start, start + step) for start in range(0, width, step)]


def product(W, x, out):
    """out = Σ_j x_npj w_ij = Aᵀ [G w · Bᵀ x], (K, H′, W′, N), of padded images (C, H, W, N)."""
    (K, r, kw, _), (height, width, N) = W.shape, out.shape[1:]
    A, _, B = transforms(r, x.dtype)
    weights = kernel_at_points(W)[:, None]
    for rows in tiles(height, r):
        read = patches(at_points(B.T, x[:, read_by(rows, r)]), kw)
        for columns in parts(width, len(A) * K * width * N * x.itemsize):
            products = weights @ read[:, columns]                                           # (n, columns, K, N)
            np.matmul(A[:, :rows.stop - rows.start].T, products.transpose(2, 1, 0, 3),
                      out=out[:, rows, columns].transpose(0, 2, 1, 3))
    keep_zeros(out, x, (r, kw))


def product_back(W, da, dx):
    """Add Σ_i ∂ℓ/∂a_npi w_ij = B [G w · A ∂ℓ/∂a] to dx (C, H, W, N), 0 until now; da is (K, H′, W′, N)."""
    (K, r, kw, C), (_, height, width, N) = W.shape, da.shape
    A, _, B = transforms(r, da.dtype)
    weights = np.ascontiguousarray(kernel_at_points(W).transpose(0, 2, 1))[:, None]         # (n, 1, kw · C, K)
    for rows in tiles(height, r):
        given, points = at_points(A, da[:, rows]), np.zeros((len(B), dx.shape[2], C, N), da.dtype)
        for columns in parts(width, len(B) * kw * C * width * N * da.itemsize):
            shares = (weights @ given[:, columns]).reshape(len(B), -1, kw, C, N)
            for s in range(kw):
                points[:, columns.start + s:columns.start + s + shares.shape[1]] += shares[:, :, s]
        read = read_by(rows, r)
        dx[:, read] += (B[:read.stop - read.start] @ points.transpose(2, 1, 0, 3)).transpose(0, 2, 1, 3)
    keep_zeros(dx, np.pad(da.any(axis=0), ((r - 1, r - 1), (kw - 1, kw - 1), (0, 0)))[np.newaxis], (r, kw))


def keep_zeros(out, read, kernel):
    """Set out (K, H′, W′, N) to exactly 0 where all that a window of `read` (C, H, W, N) holds is 0, as an image's
    background may be."""
    lit = read.any(axis=0)                                                                  # (H, W, N)
    if lit.all():
        return
    for axis, k in enumerate(kernel):
        places = lit.shape[axis] - k + 1
        lit = np.logical_or.reduce([lit.take(range(s, s + places), axis) for s in range(k)])
    if not lit.all():
        np.copyto(out, 0, where=~lit)
