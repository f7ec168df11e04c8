// The page: what is chosen, and what follows.

const { data: DATA, retraining: RETRAINING } = JSON.parse(document.getElementById("data").textContent);
const { svg } = drawing;
const $ = id => document.getElementById(id);

const FORMULAS = {
  removal: ["ℓ(o = 0) − ℓ", "the truth: silence the neuron, and look how the loss changes"],
  taylor: ["mean |o · ∂ℓ/∂o|", "that change to first order, its sign dropped point by point"],
  gradient: ["mean |∂ℓ/∂o|", "how fast the loss changes with the neuron's output, however far that is from 0"],
  reciprocal_gradient: ["1 / mean |∂ℓ/∂o|", "what the second of the two articles proposes; it ranks backwards"],
  sensitivity: ["mean ‖∂o/∂x‖", "how strongly the neuron responds to the input, whoever reads it"],
  influence: ["mean ‖∂o′/∂o‖", "how strongly the next layer responds to the neuron, however large its output is"],
  obd: ["½ Σ w² ∂²ℓ/∂w²", "optimal brain damage: the loss's curvature along each incoming weight, mixed left out"],
  weight_norm: ["‖w‖", "the length of the incoming weights; no point is looked at"],
};

let choice = { data: "moons", f: "relu", by: "taylor", anew: false };
let data, net, original, alive, order, curves, first;          // of the network that is shown
let training = null;                                           // the training that runs, if one does
let focus = [0, 0];                                            // the neuron that the arrow keys are at

// ------------------------------------------------------------------ what is chosen

function choose(changes) {
  choice = { ...choice, ...changes };
  if ("data" in changes || "f" in changes) { begin(); return; }
  setOrder();
  remove(silentCount());
}

function begin() {
  training = null;
  data = DATA[choice.data];
  original = net = data.networks[choice.f];
  alive = core.everyone(net);
  first = { ...core.evaluate(net, data, alive), y: overPlane().map(trace => trace.y) };
  setOrder();
  show();
}

// Who goes in which order, by the chosen score, and the loss on the way; of the others as soon as there is time.
function setOrder() {
  curves = {};
  order = curveOf(choice.by).order;
  $("removed").max = order.length;
  const asked = curves;
  Object.keys(core.SCORES).forEach(name => setTimeout(() => {
    if (curves === asked && !curves[name]) { curveOf(name); showCurves(); }
  }));
}

function curveOf(name) {
  if (!curves[name]) {
    const line = core.removalOrder(net, data, core.SCORES[name], choice.anew);
    const losses = Array.from({ length: line.length + 1 },
      (_, k) => core.evaluate(net, data, core.afterRemoval(net, line, k)).loss);
    curves[name] = { order: line, losses };
  }
  return curves[name];
}

function remove(k) {
  alive = core.afterRemoval(net, order, k);
  show();
}

function toggle(l, i) {
  if (alive[l][i] && !core.canGo(alive, l)) {
    tell("The last neuron of a layer stays: without it nothing comes through.");
    return;
  }
  alive = alive.map((layer, m) => layer.map((stays, k) => (m === l && k === i ? !stays : stays)));
  show();
  tellOf(l, i);
}

// Train what is left, a few steps for each picture, so that one can watch.
function train() {
  const pieces = 20, steps = RETRAINING.steps / pieces, own = {};
  let velocity = null, done = 0;
  const on = () => {
    if (training !== own) return;                              // another network was chosen, or all were brought back
    net = core.train(net, data, alive, { ...RETRAINING, steps, velocity });
    velocity = net.velocity;
    done += 1;
    if (done < pieces) { showPictures(); requestAnimationFrame(on); return; }
    training = null;
    setOrder();
    show();
    tell(`After ${RETRAINING.steps} steps the loss is ${short(core.evaluate(net, data, alive).loss)}.`);
  };
  training = own;
  showControls();
  on();
}

// ------------------------------------------------------------------ the state in the address: a link leads to it

function remember() {
  const silent = alive.flatMap((layer, l) => layer.flatMap((stays, i) => (stays ? [] : [`${l + 1}.${i}`])));
  const parts = [`data=${choice.data}`, `f=${choice.f}`, `by=${choice.by}`, ...(choice.anew ? ["anew=1"] : []),
                 ...(silent.length ? [`silent=${silent.join(",")}`] : [])];
  try { history.replaceState(null, "", `#${parts.join("&")}`); } catch { /* not allowed inside some frames */ }
}

// What the address asks for; what is not known is left out.
function recall() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const known = { data: DATA, f: Object.values(DATA)[0].networks, by: core.SCORES };
  const wanted = Object.keys(known).filter(key => Object.hasOwn(known[key], asked.get(key)));
  choose({ data: Object.keys(DATA)[0], ...Object.fromEntries(wanted.map(key => [key, asked.get(key)])),
           anew: asked.get("anew") === "1" });
  if (asked.has("remove")) remove(Math.min(Math.max(Math.trunc(asked.get("remove")) || 0, 0), order.length));
  if (asked.has("silent")) silence(asked.get("silent").split(","));
}

function silence(neurons) {
  for (const [layer, i] of neurons.map(at => at.split(".").map(Number))) {
    if (alive[layer - 1]?.[i] && core.canGo(alive, layer - 1)) alive = core.without(alive, layer - 1, i);
  }
  show();
}

// ------------------------------------------------------------------ controls

function buildControls() {
  const radios = (name, values) => values.map(value =>
    `<label><input type="radio" name="${name}" value="${value}">${value}</label>`).join("");
  $("choose-data").insertAdjacentHTML("beforeend", radios("data", Object.keys(DATA)));
  $("choose-activation").insertAdjacentHTML("beforeend", radios("f", Object.keys(Object.values(DATA)[0].networks)));
  $("formulas").innerHTML = Object.entries(FORMULAS).map(([name, [formula, text]]) =>
    `<dt>${plain(name)}</dt><dd><i>${formula}</i>&ensp;${text}</dd>`).join("");
  document.addEventListener("change", ({ target }) => {
    if (["data", "f", "by"].includes(target.name)) choose({ [target.name]: target.value });
  });
  $("anew").addEventListener("change", () => choose({ anew: $("anew").checked }));
  $("removed").addEventListener("input", () => remove(Number($("removed").value)));
  $("restore").addEventListener("click", begin);
  $("train").addEventListener("click", train);
  $("network").addEventListener("keydown", press);
}

// Arrow keys go from neuron to neuron, Enter and space silence.
function press(event) {
  const [l, i] = focus, steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  if (event.key === "Enter" || event.key === " ") toggle(l, i);
  else if (steps[event.key]) go(l + steps[event.key][0], i + steps[event.key][1]);
  else return;
  event.preventDefault();
}

function go(l, i) {
  const within = (value, list) => Math.min(Math.max(value, 0), list.length - 1), layer = within(l, alive);
  neuronAt(...focus).setAttribute("tabindex", -1);
  focus = [layer, within(i, alive[layer])];
  neuronAt(...focus).setAttribute("tabindex", 0);
  neuronAt(...focus).focus();
}

// ------------------------------------------------------------------ the same as NumPy?

function check() {
  const cases = Object.values(DATA).flatMap(one => Object.values(one.networks).flatMap(network =>
    network.known.map(known => core.compare(network, one, known))));
  const count = cases.reduce((total, one) => total + one.count, 0), worst = Math.max(...cases.map(one => one.worst));
  $("check").textContent = `Compared with NumPy just now: ${count.toLocaleString("en")} numbers, largest relative `
    + `difference ${worst.toExponential(1)}${worst < 1e-6 ? "." : ", which is too much: do not trust this page."}`;
  $("check").dataset.worst = worst;
}

buildControls();
recall();
check();
tell("Move over a neuron, or go there with Tab and the arrow keys, to read about it. Click it, or press Enter, to "
  + "silence it.");
