"""Connections: pruning of single weights. Score them, decide which stay, hold the others at 0."""

from .bits_table import compare_bits
from .decisions import decide_connections
from .grains import grain_scores
from .masks import check_masks, keep_masked, mask_connections, masks_of, prune_masks, weight_arrays
from .n_of_m import n_of_m
from .quantisation import quantise, quantised_bytes
from .reports import ConnectionReport, report
from .scores import NAMES, score_connections
from .sparse import load_sparse, save_sparse
from .tickets import find_tickets
