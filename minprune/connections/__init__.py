"""Connections: pruning of single weights. Score them, decide which stay, hold the others at 0."""

from .arrays import weight_arrays
from .deciding import check_protect, decide_connections, n_of_m
from .masks import check_masks, keep_masked, mask_connections, masks_of
from .quantisation import compare_bits, quantise, quantised_bytes
from .reporting import ConnectionReport, report
from .scoring import NAMES, score_connections
from .sparse import load_sparse, save_sparse
from .tickets import find_tickets
