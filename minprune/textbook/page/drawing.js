// What draws: shades, pictures of functions over the plane, contours, and pieces of SVG.

const drawing = (() => {
  const RANGE = 2.1;                                          // the plane is shown from −2.1 to 2.1, up is up
  const DOTS = 60;                                            // a function is computed at 60 × 60 places

  // u = 0 is white, u = 1 deep blue: lightness falls all the way, so that grey prints say the same.
  const colour = u => [31, 59, 92].map(to => Math.round(255 + Math.min(Math.max(u, 0), 1) * (to - 255)));
  const shade = u => `rgb(${colour(u).join(", ")})`;

  // The places of the grid, row by row from the top.
  const places = Array.from({ length: DOTS * DOTS }, (_, n) => {
    const along = k => RANGE * ((2 * k + 1) / DOTS - 1);
    return [along(n % DOTS), -along(Math.floor(n / DOTS))];
  });

  // A picture of numbers between 0 and 1, one a place, as a data URL; of every other row and column for a small one.
  function picture(values, every = 1) {
    const canvas = document.createElement("canvas"), dots = DOTS / every;
    canvas.width = canvas.height = dots;
    const context = canvas.getContext("2d"), image = context.createImageData(dots, dots);
    const shown = values.filter((_, n) => n % DOTS % every === 0 && Math.floor(n / DOTS) % every === 0);
    shown.forEach((value, n) => image.data.set([...colour(value), 255], 4 * n));
    context.putImageData(image, 0, 0);
    return canvas.toDataURL();
  }

  // Where the function is 0, as an SVG path over a square of this size: a piece for each cell that it crosses.
  function contour(values, size) {
    const at = (row, column) => values[row * DOTS + column];
    const pieces = [];
    for (let row = 0; row + 1 < DOTS; row++) {
      for (let column = 0; column + 1 < DOTS; column++) {
        const corners = [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]];
        const crossings = corners.flatMap((corner, n) => crossing(corner, corners[(n + 1) % 4], at));
        for (let n = 0; n + 1 < crossings.length; n += 2) {
          pieces.push(crossings.slice(n, n + 2).map(([r, c]) =>
            [c, r].map(k => ((k + 0.5) * size / DOTS).toFixed(1)).join(" ")).join("L"));
        }
      }
    }
    return pieces.length ? `M${pieces.join("M")}` : "";
  }

  // The place between two corners where the function, linear between them, is 0; none if its sign is the same at both.
  function crossing([r, c], [s, d], at) {
    const [from, to] = [at(r, c), at(s, d)];
    if ((from > 0) === (to > 0)) return [];
    const share = from / (from - to);
    return [[r + share * (s - r), c + share * (d - c)]];
  }

  // A piece of SVG.
  function svg(kind, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  // An arc around a circle, clockwise from the top, as a share of its whole.
  function arc(x, y, radius, share) {
    const turn = 2 * Math.PI * Math.min(Math.max(share, 0), 0.9999);
    const end = [x + radius * Math.sin(turn), y - radius * Math.cos(turn)].map(value => value.toFixed(2));
    return `M${x} ${y - radius}A${radius} ${radius} 0 ${turn > Math.PI ? 1 : 0} 1 ${end.join(" ")}`;
  }

  return { RANGE, arc, contour, picture, places, shade, svg };
})();
