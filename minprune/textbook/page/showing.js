// What is shown of the state that page.js keeps: the network, the plane, numbers, ranks, curves, and a sentence.

const overPlane = () => drawing.places.map(x => core.forward(net, x, alive));
const silentCount = () => core.count(core.everyone(net)) - core.count(alive);
const plain = name => name.replace("_", " ");
const minus = text => String(text).replace("-", "−");
const short = value => (value === 0 ? "0" : Math.abs(value) < 0.001 ? value.toExponential(1) : value.toPrecision(3));

function show() {
  showPictures();
  showRanks(ranksNow());
  showCurves();
  showControls();
  remember();
}

function showPictures() {
  const traces = overPlane();
  showNetwork(traces);
  showPlane(traces);
  showNumbers();
}

function showControls() {
  $("removed").value = silentCount();
  $("removed-count").textContent = silentCount();
  $("removed").setAttribute("aria-valuetext", `${silentCount()} neurons`);
  $("by-name").textContent = plain(choice.by);
  $("anew").checked = choice.anew;
  $("restore").disabled = !silentCount() && net === original && !training;
  $("train").disabled = training !== null;
  for (const input of document.querySelectorAll("fieldset input")) input.checked = choice[input.name] === input.value;
}

// ------------------------------------------------------------------ the network

// Where each neuron stands in the drawing: l = −1 are the inputs, the last is the output.
function place(l, i) {
  const columns = [60, 245, 460, 640], rows = [data.x[0].length, ...net.W.map(W => W.length)][l + 1];
  return [columns[l + 1], 288 + 64 * (i - (rows - 1) / 2)];
}

function showNetwork(traces) {
  const root = $("network"), focused = root.contains(document.activeElement);
  const scores = core.SCORES[choice.by](net, data, alive), line = core.ranked(scores);
  const largest = Math.max(...line.map(one => (Number.isFinite(one.score) ? one.score : 0)), 1e-300);
  const inputs = data.x[0].map((_, d) =>
    node(-1, d, drawing.places.map(x => x[d] / (2 * drawing.RANGE) + 0.5), "x" + "₁₂"[d]));
  const neurons = alive.flatMap((layer, l) => layer.map((_, i) => {
    const rank = line.findIndex(one => one.l === l && one.i === i) + 1;
    return neuron(l, i, outputs(traces, l, i), rank, Number.isFinite(scores[l][i]) ? scores[l][i] / largest : 1);
  }));
  const output = node(alive.length, 0, traces.map(trace => core.sigmoid(trace.y)), "y");
  root.replaceChildren(...weights(), ...headings(), ...inputs, ...neurons, output);
  if (focused) neuronAt(...focus).focus();
}

const headings = () => ["reads", "layer 1", "layer 2", "says"].map((text, column) =>
  svg("text", { x: place(column - 1, 0)[0], y: 22, "text-anchor": "middle", class: "column" }, text));

// What a neuron puts out at each place, between 0 and 1: of tanh from −1 to 1, of relu from 0 to its largest.
function outputs(traces, l, i) {
  if (!alive[l][i]) return traces.map(() => 0);
  const o = traces.map(trace => trace.o[l][i]);
  if (net.f === "tanh") return o.map(value => value / 2 + 0.5);
  const largest = Math.max(...o, 1e-300);
  return o.map(value => value / largest);
}

function weights() {
  return net.W.flatMap((W, l) => {
    const largest = Math.max(...W.flat().map(Math.abs));
    return W.flatMap((row, i) => row.map((w, j) => {
      const [[x, y], [u, v]] = [place(l - 1, j), place(l, i)];
      const gone = (l && !alive[l - 1][j]) || (l < alive.length && !alive[l][i]);
      return svg("path", { d: `M${x} ${y}L${u} ${v}`, "stroke-width": (0.3 + 3.7 * Math.abs(w) / largest).toFixed(2),
                           class: `weight${w < 0 ? " negative" : ""}${gone ? " silent" : ""}` });
    }));
  });
}

function disc(x, y, radius, values) {
  const size = 2 * radius, round = `clip-path: circle(${radius}px at ${radius}px ${radius}px)`;
  return [svg("circle", { cx: x, cy: y, r: radius, class: "rim" }),
          svg("image", { x: x - radius, y: y - radius, width: size, height: size, style: round,
                         href: drawing.picture(values, 2), preserveAspectRatio: "none" })];
}

// An input or the output: it is looked at, not silenced.
function node(l, i, values, name) {
  const [x, y] = place(l, i);
  return svg("g", {}, ...disc(x, y, 20, values),
             svg("text", { x, y: y + 37, "text-anchor": "middle", class: "label" }, name));
}

function neuron(l, i, values, rank, share) {
  const [x, y] = place(l, i), silent = !alive[l][i];
  const told = silent ? "silent" : `rank ${rank} of ${core.count(alive)} by ${plain(choice.by)}`;
  const group = svg("g", { class: `neuron${silent ? " silent" : ""}`, role: "button", "data-at": `${l}.${i}`,
                           tabindex: focus[0] === l && focus[1] === i ? 0 : -1,
                           "aria-pressed": silent, "aria-label": `Neuron ${i} of layer ${l + 1}, ${told}` },
    svg("circle", { cx: x, cy: y, r: 30, class: "halo" }), ...disc(x, y, 20, values),
    svg("path", { d: drawing.arc(x, y, 23, share), class: "arc" }),
    svg("path", { d: `M${x - 12} ${y - 12}l24 24m0 -24l-24 24`, class: "cross" }),
    svg("text", { x: x + 20, y: y - 19, class: "rank" }, silent ? "" : String(rank)));
  group.addEventListener("click", () => { focus = [l, i]; toggle(l, i); });
  group.addEventListener("pointerenter", () => tellOf(l, i));
  group.addEventListener("focus", () => { focus = [l, i]; tellOf(l, i); });
  return group;
}

const neuronAt = (l, i) => document.querySelector(`[data-at="${l}.${i}"]`);

// ------------------------------------------------------------------ the plane, and numbers

function showPlane(traces) {
  const size = 420, at = x => ((x / drawing.RANGE + 1) * size / 2).toFixed(1);
  const marks = data.x.map(([x, y], n) => (data.t[n]
    ? svg("path", { d: `M${at(x)} ${at(-y)}m0 -4.6l4.2 7.6h-8.4Z`, class: "kind-1" })
    : svg("circle", { cx: at(x), cy: at(-y), r: 3.6, class: "kind-0" })));
  const sure = drawing.picture(traces.map(trace => 0.55 * core.sigmoid(trace.y)));
  $("plane").replaceChildren(
    svg("image", { width: size, height: size, href: sure, preserveAspectRatio: "none" }), ...marks,
    svg("path", { d: drawing.contour(first.y, size), class: "first-boundary" }),
    svg("path", { d: drawing.contour(traces.map(trace => trace.y), size), class: "boundary" }));
}

function showNumbers() {
  const now = core.evaluate(net, data, alive), all = core.everyone(net);
  const percent = share => `${(100 * share).toFixed(1)} %`;
  const rows = [["mean loss", short(first.loss), short(now.loss)],
                ["points right", percent(first.right), percent(now.right)],
                ["hidden neurons", core.count(all), core.count(alive)],
                ["weights and biases", core.parameters(net, all), core.parameters(net, alive)]];
  $("numbers").tBodies[0].innerHTML = rows.map(([name, ...values]) =>
    `<tr><th scope="row">${name}</th>${values.map(value => `<td>${value}</td>`).join("")}</tr>`).join("");
}

// ------------------------------------------------------------------ ranks

// Of each score: the neurons that are not silent, the lowest first, and "l.i" of each with its rank and its score.
function ranksNow() {
  return Object.fromEntries(Object.entries(core.SCORES).map(([name, score]) => {
    const line = core.ranked(score(net, data, alive)), at = ({ l, i }) => `${l}.${i}`;
    return [name, { rank: Object.fromEntries(line.map((one, n) => [at(one), n + 1])),
                    score: Object.fromEntries(line.map(one => [at(one), one.score])) }];
  }));
}

function showRanks(ranks) {
  const focused = document.activeElement?.name === "by";
  const neurons = alive.flatMap((layer, l) => layer.map((_, i) => `${l}.${i}`));
  const names = neurons.map(at => `<th scope="col">${Number(at[0]) + 1}.${at.slice(2)}</th>`).join("");
  const cells = name => neurons.map(at => rankCell(ranks[name].rank[at], at)).join("");
  const rows = Object.keys(FORMULAS).map(name => `<tr class="${name === choice.by ? "chosen" : ""}">${rowName(name)}${
    cells(name)}<td class="rho">${agreement(ranks, name)}</td></tr>`);
  $("ranks").innerHTML = `<caption hidden>Rank of each neuron by each score</caption>
    <thead><tr><td></td>${names}<th scope="col">ρ</th></tr></thead><tbody>${rows.join("")}</tbody>`;
  if (focused) document.querySelector(`input[name=by][value=${choice.by}]`).focus();
}

const rowName = name => `<th scope="row"><label><input type="radio" name="by" value="${name}"${
  name === choice.by ? " checked" : ""}> ${plain(name)}</label></th>`;

// The later a neuron goes, the darker.
function rankCell(rank, at) {
  const apart = at === "1.0" ? " apart" : "", dark = 0.9 * (rank - 1) / Math.max(core.count(alive) - 1, 1);
  const colours = `background:${drawing.shade(dark)};color:${dark > 0.45 ? "#fff" : "#16202c"}`;
  return rank ? `<td class="${apart}" style="${colours}">${rank}</td>` : `<td class="silent${apart}">–</td>`;
}

// Spearman's ρ of a score and removal, over the neurons that are not silent.
function agreement(ranks, name) {
  const neurons = Object.keys(ranks.removal.score), of = which => neurons.map(at => ranks[which].score[at]);
  const rho = core.spearman(of(name), of("removal"));
  return rho === null ? "–" : minus(rho.toFixed(2));
}

// ------------------------------------------------------------------ curves

// The frame of the curves, and where a number removed and a loss lie in it: losses on a logarithmic scale.
const FRAME = { left: 46, right: 408, top: 14, bottom: 262, least: -3, most: 1.1 };
const across = k => FRAME.left + (FRAME.right - FRAME.left) * k / order.length;
const height = loss => {
  const log = Math.min(Math.max(Math.log10(Math.max(loss, 1e-9)), FRAME.least), FRAME.most);
  return FRAME.bottom - (FRAME.bottom - FRAME.top) * (log - FRAME.least) / (FRAME.most - FRAME.least);
};
const pathOf = losses => `M${losses.map((loss, k) => `${across(k).toFixed(1)} ${height(loss).toFixed(1)}`).join("L")}`;
const label = (text, x, y, anchor = "start") =>
  svg("text", { x, y, "text-anchor": anchor, class: "tick" }, String(text));

function showCurves() {
  const { losses } = curves[choice.by], now = core.evaluate(net, data, alive).loss;
  const rest = Object.entries(curves).filter(([name]) => name !== choice.by && name !== "removal");
  const others = rest.map(([name, one]) =>
    svg("path", { d: pathOf(one.losses), class: "others" }, svg("title", {}, plain(name))));
  const truth = curves.removal ? [svg("path", { d: pathOf(curves.removal.losses), class: "truth" })] : [];
  const dots = losses.map((loss, k) =>
    svg("rect", { x: across(k) - 3, y: height(loss) - 3, width: 6, height: 6, class: "chosen-dot" }));
  const here = svg("circle", { cx: across(silentCount()), cy: height(now), r: 6, class: "here" });
  const chosen = svg("path", { d: pathOf(losses), class: "chosen" });
  $("curve").replaceChildren(...frame(), ...others, ...truth, chosen, ...dots, here);
  $("chosen-name").textContent = plain(choice.by);
}

function frame() {
  const { left, right, top, bottom } = FRAME, guess = height(Math.LN2);
  const ticks = [0.001, 0.01, 0.1, 1, 10].flatMap(tick => [
    svg("path", { d: `M${left} ${height(tick)}H${right}`, class: "grid" }),
    label(tick, left - 6, height(tick) + 4, "end")]);
  const counts = Array.from({ length: Math.floor(order.length / 2) + 1 }, (_, n) =>
    label(2 * n, across(2 * n), bottom + 17, "middle"));
  return [...ticks, ...counts, svg("path", { d: `M${left} ${top}V${bottom}H${right}`, class: "axis" }),
          svg("path", { d: `M${left} ${guess}H${right}`, class: "guess" }), label("guessing", left + 5, guess - 5),
          label("neurons removed", (left + right) / 2, bottom + 34, "middle"),
          label("mean loss, logarithmic", left + 5, top + 4)];
}

// ------------------------------------------------------------------ what is told

function tell(text) { $("told").textContent = text; }

function tellOf(l, i) {
  const name = `Neuron ${i} of layer ${l + 1}`;
  if (!alive[l][i]) { tell(`${name} is silent. Click it, or press Enter, to bring it back.`); return; }
  const score = which => core.SCORES[which](net, data, alive)[l][i], change = score("removal");
  const by = choice.by === "removal" ? "" : ` Its ${plain(choice.by)} score is ${minus(short(score(choice.by)))}.`;
  const verb = change > 0 ? "raises the loss by" : change < 0 ? "lowers the loss by" : "changes the loss by";
  tell(`${name}: its removal ${verb} ${short(Math.abs(change))}.${by} Click it, or press Enter, to silence it.`);
}
