"""Assignment 6: optimal brain damage, and the order of approximations. The text is in brief.md; `minprune grade FILE`
gives points."""

import numpy as np

ASSIGNMENT = "06_obd_and_orders"


def output_curvature(y):
    """∂²ℓ_n/∂y_nk² of the cross entropy of logits y: p_nk (1 − p_nk), p = softmax(y).    y (N, C)  ->  (N, C)"""
    raise NotImplementedError("output_curvature")


def weight_curvature(x, h):
    """∂²L/∂w_ij² of the MEAN loss L, from h_ni = ∂²ℓ_n/∂z_ni², z = x Wᵀ + b.    x (N, F), h (N, K)  ->  (K, F)"""
    raise NotImplementedError("weight_curvature")


def change_to_second_order(w, g, h):
    """What the loss changes by when a weight w is set to 0, to second order: g = ∂L/∂w, h = ∂²L/∂w².

    w, g, h (K, F)  ->  (K, F)
    """
    raise NotImplementedError("change_to_second_order")


def surgeon(w, H, i):
    """Set w_i to 0 and let the other weights make up for it, where L(w + δ) = L(w) + ½ δᵀ H δ.

    Return the rise of the loss and the new weights:  w_i² / 2 [H⁻¹]_ii  and  w − w_i H⁻¹ e_i / [H⁻¹]_ii.
    w (F,), H (F, F), i an index  ->  a number, (F,)
    """
    raise NotImplementedError("surgeon")


def order(scales, errors):
    """The order that an approximation really has: its error falls like scale^(order + 1).

    One less than the slope of the straight line through (log scale, log |error|), by least squares.
    scales (M,), errors (M,)  ->  a number
    """
    raise NotImplementedError("order")
