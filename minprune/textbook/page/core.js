// What the page computes: forward, backward, scores, who goes, a step of training. Nothing here draws.
//
// The letters are the book's. A network is {f, W, b}: W[l][i][j] is the weight from j to neuron i of layer l; the last
// layer has one neuron, the output y. `alive[l][i]` is false where hidden neuron i of layer l is silent: its output is
// 0. All is told of the network as it stands, as if its silent neurons had been removed.

const core = (() => {
  const ACTIVATIONS = {
    relu: { f: z => Math.max(z, 0), slope: z => (z > 0 ? 1 : 0), bend: () => 0 },
    tanh: { f: Math.tanh, slope: z => 1 - Math.tanh(z) ** 2, bend: z => -2 * Math.tanh(z) * (1 - Math.tanh(z) ** 2) },
    identity: { f: z => z, slope: () => 1, bend: () => 0 },
  };

  const sum = list => list.reduce((total, value) => total + value, 0);
  const dot = (one, other) => {
    let total = 0;
    for (let j = 0; j < one.length; j++) total += one[j] * other[j];
    return total;
  };
  const sigmoid = y => 1 / (1 + Math.exp(-y));
  const hidden = net => net.W.length - 1;                                         // how many hidden layers
  const everyone = net => net.W.slice(0, -1).map(W => W.map(() => true));
  const activation = (net, l) => ACTIVATIONS[l < hidden(net) ? net.f : "identity"];
  const isAlive = (alive, l, i) => l >= alive.length || alive[l][i];             // the output always is

  // ---------------------------------------------------------------- forward and backward, one sample

  // z_i = Σ_j w_ij x_j + b_i,  o_i = f(z_i);  a silent neuron puts out 0.
  function forward(net, x, alive) {
    const z = [], o = [];
    for (let l = 0, input = x; l < net.W.length; input = o[l], l++) {
      const { f } = activation(net, l), W = net.W[l], b = net.b[l];
      z.push(new Array(W.length));
      o.push(new Array(W.length));
      for (let i = 0; i < W.length; i++) {
        z[l][i] = dot(W[i], input) + b[i];
        o[l][i] = isAlive(alive, l, i) ? f(z[l][i]) : 0;
      }
    }
    return { x, z, o, y: o[o.length - 1][0] };
  }

  // ℓ = log(1 + e^y) − t y: binary cross entropy of the logit y.
  const loss = (y, t) => Math.max(y, 0) + Math.log1p(Math.exp(-Math.abs(y))) - t * y;

  // ∂ℓ/∂y = σ(y) − t;  ∂ℓ/∂o_i = Σ_k ∂ℓ/∂z′_k w′_ki;  ∂ℓ/∂z = ∂ℓ/∂o · f′(z).
  function backward(net, trace, t, alive) {
    const dO = [], dZ = [];
    for (let l = hidden(net); l >= 0; l--) {
      dO[l] = l === hidden(net) ? [sigmoid(trace.y) - t] : through(net.W[l + 1], dZ[l + 1], w => w);
      dZ[l] = dO[l].map((d, i) => (isAlive(alive, l, i) ? d * activation(net, l).slope(trace.z[l][i]) : 0));
    }
    return { dO, dZ };
  }

  // Σ_k d_k g(w′_ki) for each neuron i that the next layer reads.
  const through = (W, d, g) => W[0].map((_, i) => {
    let total = 0;
    for (let k = 0; k < W.length; k++) total += d[k] * g(W[k][i]);
    return total;
  });

  // ---------------------------------------------------------------- the loss, the shape, the share right

  function evaluate(net, data, alive) {
    const y = data.x.map(x => forward(net, x, alive).y);
    return { loss: sum(y.map((value, n) => loss(value, data.t[n]))) / y.length,
             right: sum(y.map((value, n) => ((value > 0) === (data.t[n] > 0.5) ? 1 : 0))) / y.length };
  }

  // Each neuron's incoming weights and bias; only the alive are read.
  function parameters(net, alive) {
    let inputs = net.W[0][0].length, total = 0;
    net.W.forEach((W, l) => {
      const neurons = W.filter((_, i) => isAlive(alive, l, i)).length;
      total += neurons * (inputs + 1);
      inputs = neurons;
    });
    return total;
  }

  // ---------------------------------------------------------------- scores: high = keep

  // The mean over the samples of what `of` says of each hidden neuron of one sample; null of those that are silent.
  function meanOverSamples(net, data, alive, of) {
    const total = everyone(net).map(layer => layer.map(() => 0));
    data.x.forEach((x, n) => {
      const trace = forward(net, x, alive);
      of(trace, data.t[n]).forEach((layer, l) => layer.forEach((value, i) => { total[l][i] += value; }));
    });
    return total.map((layer, l) => layer.map((value, i) => (alive[l][i] ? value / data.x.length : null)));
  }

  const overGradients = (net, data, alive, of) => meanOverSamples(net, data, alive, (trace, t) => {
    const { dO } = backward(net, trace, t, alive);
    return alive.map((layer, l) => layer.map((_, i) => of(trace.o[l][i], dO[l][i])));
  });

  const SCORES = {
    // ℓ(o_i = 0) − ℓ: the neuron falls silent, and one looks.
    removal(net, data, alive) {
      const before = evaluate(net, data, alive).loss;
      return alive.map((layer, l) => layer.map((stays, i) => stays
        ? evaluate(net, data, without(alive, l, i)).loss - before : null));
    },
    // |o_i ∂ℓ/∂o_i|
    taylor: (net, data, alive) => overGradients(net, data, alive, (o, d) => Math.abs(o * d)),
    // |∂ℓ/∂o_i|
    gradient: (net, data, alive) => overGradients(net, data, alive, (o, d) => Math.abs(d)),
    // 1 / |∂ℓ/∂o_i|
    reciprocal_gradient: (net, data, alive) =>
      SCORES.gradient(net, data, alive).map(layer => layer.map(value => (value === null ? null : 1 / value))),
    // ‖∂o_i/∂x‖, the slope by each input taken forward layer by layer
    sensitivity: (net, data, alive) => meanOverSamples(net, data, alive, trace => {
      let moved = trace.x.map((_, j) => trace.x.map((_, d) => (j === d ? 1 : 0)));              // ∂x_j/∂x_d
      return alive.map((layer, l) => {
        const { slope } = activation(net, l), reached = trace.x.map((_, d) => moved.map(row => row[d]));
        moved = layer.map((stays, i) => reached.map(column =>
          (stays ? slope(trace.z[l][i]) * dot(net.W[l][i], column) : 0)));
        return moved.map(row => Math.sqrt(dot(row, row)));
      });
    }),
    // ‖∂o′/∂o_i‖, over the neurons of the next layer
    influence: (net, data, alive) => meanOverSamples(net, data, alive, trace => alive.map((_, l) => {
      const { slope } = activation(net, l + 1);
      const squares = trace.z[l + 1].map((z, k) => (isAlive(alive, l + 1, k) ? slope(z) ** 2 : 0));
      return through(net.W[l + 1], squares, w => w * w).map(Math.sqrt);
    })),
    // Σ_j ½ h_i x_j² w_ij²; h = ∂²ℓ/∂z² taken back without mixed derivatives: f′² h_o + f″ ∂ℓ/∂o
    obd: (net, data, alive) => meanOverSamples(net, data, alive, (trace, t) => {
      const { dO } = backward(net, trace, t, alive);
      let h = [sigmoid(trace.y) * (1 - sigmoid(trace.y))];
      const found = [];
      for (let l = hidden(net) - 1; l >= 0; l--) {
        const { slope, bend } = activation(net, l), x = l ? trace.o[l - 1] : trace.x;
        h = through(net.W[l + 1], h, w => w * w).map((value, i) =>
          (alive[l][i] ? slope(trace.z[l][i]) ** 2 * value + bend(trace.z[l][i]) * dO[l][i] : 0));
        found[l] = h.map((value, i) => 0.5 * value * sum(net.W[l][i].map((w, j) => (w * x[j]) ** 2)));
      }
      return found;
    }),
    // ‖w_i‖, the weights by which it reads neurons that are still there
    weight_norm: (net, data, alive) => alive.map((layer, l) => layer.map((stays, i) => (stays
      ? Math.sqrt(sum(net.W[l][i].map((w, j) => (l && !alive[l - 1][j] ? 0 : w * w)))) : null))),
  };

  // ---------------------------------------------------------------- who goes

  const without = (alive, l, i) =>
    alive.map((layer, m) => (m === l ? layer.map((stays, k) => stays && k !== i) : layer));
  const count = alive => sum(alive.map(layer => layer.filter(Boolean).length));
  const canGo = (alive, l) => alive[l].filter(Boolean).length > 1;               // a layer keeps one neuron

  // Those that are not silent, the lowest score first; ties: the lower layer, then the lower index.
  const ranked = scores => scores.flatMap((layer, l) => layer.map((score, i) => ({ l, i, score })))
    .filter(one => one.score !== null).sort((one, other) => (one.score < other.score ? -1 : one.score > other.score ? 1
      : one.l - other.l || one.i - other.i));

  // All that can go, first to last; `anew`: each time the scores are computed for the network that is left.
  function removalOrder(net, data, score, anew) {
    let alive = everyone(net), line = ranked(score(net, data, alive));
    const order = [];
    for (;;) {
      const next = line.find(one => alive[one.l][one.i] && canGo(alive, one.l));
      if (!next) return order;
      order.push(next);
      alive = without(alive, next.l, next.i);
      if (anew) line = ranked(score(net, data, alive));
    }
  }

  const afterRemoval = (net, order, k) =>
    order.slice(0, k).reduce((alive, { l, i }) => without(alive, l, i), everyone(net));

  // Spearman's ρ of two lists: the correlation of their ranks, of equals the mean rank; null if one is constant.
  function spearman(one, other) {
    const ranks = list => list.map(value => sum(list.map(v => (v < value ? 1 : v === value ? 0.5 : 0))));
    const centred = list => list.map(value => value - sum(list) / list.length);
    const [a, b] = [centred(ranks(one)), centred(ranks(other))];
    const size = Math.sqrt(dot(a, a) * dot(b, b));
    return size ? dot(a, b) / size : null;
  }

  // ---------------------------------------------------------------- training what is left

  // `steps` steps of gradient descent with momentum on all samples: v ← m v + g,  w ← w − rate · v.  Returns a new
  // network with the velocity it has reached, from which a next call can go on.
  function train(net, data, alive, { rate, momentum, steps, velocity = null }) {
    const trained = { f: net.f, ...copied(net, value => value) };
    const v = velocity ? copied(velocity, value => value) : copied(net, () => 0);
    for (let step = 0; step < steps; step++) {
      const g = meanGradient(trained, data, alive);
      const along = (w, speed, slope) => w.forEach((_, j) => {
        speed[j] = momentum * speed[j] + slope[j];
        w[j] -= rate * speed[j];
      });
      trained.W.forEach((W, l) => {
        W.forEach((w, i) => along(w, v.W[l][i], g.W[l][i]));
        along(trained.b[l], v.b[l], g.b[l]);
      });
    }
    return { ...trained, velocity: v };
  }

  // {W, b} of the same shapes, each number what `of` makes of it.
  const copied = ({ W, b }, of) => ({ W: W.map(rows => rows.map(row => row.map(of))), b: b.map(row => row.map(of)) });

  // ∂L/∂w_ij = mean_n ∂ℓ/∂z_i x_j,  ∂L/∂b_i = mean_n ∂ℓ/∂z_i.
  function meanGradient(net, data, alive) {
    const g = copied(net, () => 0);
    data.x.forEach((x, n) => {
      const trace = forward(net, x, alive), { dZ } = backward(net, trace, data.t[n], alive);
      g.W.forEach((G, l) => G.forEach((row, i) => {
        const input = l ? trace.o[l - 1] : x, d = dZ[l][i] / data.x.length;
        row.forEach((_, j) => { row[j] += d * input[j]; });
        g.b[l][i] += d;
      }));
    });
    return g;
  }

  // ---------------------------------------------------------------- the same as NumPy?

  // How far the numbers of a case are from those that NumPy computed for it: {count, worst}, worst relative to the
  // largest of each list. A case: who is alive; y at some points; the loss, the share right; scores; the loss after
  // some steps of training.
  function compare(net, data, known) {
    const alive = known.alive, now = evaluate(net, data, alive);
    const pairs = [[[now.loss], [known.loss]], [[now.right], [known.right]],
                   [known.points.map(x => forward(net, x, alive).y), known.y],
                   [[evaluate(train(net, data, alive, known.training), data, alive).loss], [known.trained]]];
    for (const [name, expected] of Object.entries(known.scores)) {
      SCORES[name](net, data, alive).forEach((layer, l) =>
        pairs.push([layer.filter((_, i) => alive[l][i]), expected[l]]));
    }
    return { count: sum(pairs.map(([found]) => found.length)),
             worst: Math.max(...pairs.map(([found, expected]) => difference(found, expected))) };
  }

  // The largest |found − expected| / max |expected|, this taken as at least 0.001. null stands for what
  // is not finite.
  function difference(found, expected) {
    const finite = expected.filter(value => value !== null);
    const size = Math.max(...finite.map(Math.abs), 1e-3);
    if (found.length !== expected.length) return Infinity;
    return Math.max(0, ...found.map((value, n) => (expected[n] === null ? (Number.isFinite(value) ? Infinity : 0)
      : Number.isNaN(value) ? Infinity : Math.abs(value - expected[n]) / size)));
  }

  return { SCORES, afterRemoval, canGo, compare, count, difference, evaluate, everyone, forward, parameters, ranked,
           removalOrder, sigmoid, spearman, train, without };
})();

if (typeof module !== "undefined") module.exports = core;
