#!/usr/bin/env bash
# Keras 3.15.1 on TensorFlow 2.21.0: tf.random.set_seed no longer fixes the first weights of a network.
#
# Listings written for TensorFlow 2.0 to 2.15 begin with tf.random.set_seed(42), and two runs of them began with the
# same weights. Since tf.keras is Keras 3, an initialiser draws its seed from Python's `random` and hands it to a
# stateless generator: TensorFlow's global seed is not asked. Two runs that say the same seed train different networks,
# so that a table over "seeds" cannot be repeated. Nothing is said. Seeding Python's random does fix the weights, and so
# does keras.utils.set_random_seed, which seeds all three.
# Do: keras.utils.set_random_seed(42).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q tensorflow-cpu==2.21.0 keras==3.15.1 2>/dev/null
cat > "$folder/first.py" <<'PYTHON'
import random
import sys

import tensorflow as tf

{"tf.random.set_seed": tf.random.set_seed, "random.seed": random.seed,
 "keras.utils.set_random_seed": tf.keras.utils.set_random_seed}[sys.argv[1]](42)
net = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(5), tf.keras.layers.Dense(2)])
print(tf.__version__, tf.keras.__version__, *(repr(float(w)) for w in net.layers[0].get_weights()[0].ravel()))
PYTHON
export TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1
for seed in tf.random.set_seed random.seed keras.utils.set_random_seed; do
    one=$("$folder/venv/bin/python" "$folder/first.py" "$seed" 2>/dev/null)
    other=$("$folder/venv/bin/python" "$folder/first.py" "$seed" 2>/dev/null)
    echo "TensorFlow and Keras ${one:0:13}, $seed(42): first weights of two runs $([ "$one" = "$other" ] && echo equal || echo differ)"
done | tee "$folder/seen.txt"
diff - "$folder/seen.txt" <<'SEEN'
TensorFlow and Keras 2.21.0 3.15.1, tf.random.set_seed(42): first weights of two runs differ
TensorFlow and Keras 2.21.0 3.15.1, random.seed(42): first weights of two runs equal
TensorFlow and Keras 2.21.0 3.15.1, keras.utils.set_random_seed(42): first weights of two runs equal
SEEN
echo "As described."
