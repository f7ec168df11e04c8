#!/usr/bin/env bash
# JAX 0.10.2: an l1 penalty moves weights that are exactly 0, so that pruned weights come back.
#
# One would expect the subgradient 0 of |w| at w = 0, as NumPy's sign(0) = 0 suggests and as other frameworks take it.
# jax.grad of jnp.abs is 1 there (0.0 counts as positive), and that of jnp.linalg.norm(w, 1) as well. A weight that was
# pruned by setting it to 0, and has no other gradient, is pushed to −rate · λ by the first step of training with
# λ Σ |w|, and away from 0 ever after. The step of leaky_relu at 0 is taken from the same side: its slope there is 1.
# Do: multiply by the mask inside the penalty, λ Σ |w · mask|, or set masked weights to 0 again after each step.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q jax==0.10.2 jaxlib==0.10.2 numpy==2.4.6 2>/dev/null
cat > "$folder/seen.py" <<'PYTHON'
import jax
import jax.numpy as jnp

print("jax", jax.__version__)
mask = jnp.array([1.0, 1.0, 0.0, 0.0])
w = jnp.array([0.5, -0.5, 3.0, -3.0]) * mask + 0.0          # the last two are pruned; + 0.0 makes −0 to 0
penalties = {"sum of |w|": lambda w: 0.1 * jnp.abs(w).sum(), "norm(w, 1)": lambda w: 0.1 * jnp.linalg.norm(w, 1),
             "sum of |w · mask|": lambda w: 0.1 * jnp.abs(w * mask).sum()}
for name, penalty in penalties.items():
    step = w - 0.1 * jax.grad(penalty)(w)
    slopes = " ".join(f"{slope:+.1f}" for slope in jax.grad(penalty)(w).tolist())
    print(f"{name}: gradient {slopes}; pruned weights after one step {' '.join(f'{one:+.2f}' for one in step[2:].tolist())}")
print("slope of leaky_relu at 0:", jax.grad(jax.nn.leaky_relu)(0.0).item())
print("sign(0):", jnp.sign(0.0).item())
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" 2>/dev/null | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
jax 0.10.2
sum of |w|: gradient +0.1 -0.1 +0.1 +0.1; pruned weights after one step -0.01 -0.01
norm(w, 1): gradient +0.1 -0.1 +0.1 +0.1; pruned weights after one step -0.01 -0.01
sum of |w · mask|: gradient +0.1 -0.1 +0.0 +0.0; pruned weights after one step +0.00 +0.00
slope of leaky_relu at 0: 1.0
sign(0): 0.0
SEEN
echo "As described."
