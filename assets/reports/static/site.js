// Draws the charts when they come into view, in the colours of the stylesheet; sorts, searches and switches.
"use strict";

const CONFIG = { displayModeBar: false, responsive: true };

function coloured(value, style) {
  if (typeof value === "string") {
    return value.replace(/var\((--[a-z0-9-]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  }
  if (Array.isArray(value)) return value.map((item) => coloured(item, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, style)]));
  }
  return value;
}

function draw(figure) {
  const plot = figure.querySelector(".plot");
  if (!window.Plotly || !plot.offsetParent) return;
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const { data, layout } = coloured(spec, getComputedStyle(document.documentElement));
  window.Plotly.react(plot, data, layout, CONFIG);
  figure.dataset.drawn = "";
}

const charts = [...document.querySelectorAll("figure.chart")];
const drawn = () => charts.filter((chart) => "drawn" in chart.dataset);
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting && !("drawn" in entry.target.dataset)) draw(entry.target);
  }
}, { rootMargin: "600px" });
charts.forEach((chart) => watcher.observe(chart));
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawn().forEach(draw));
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.print = "";
  charts.forEach(draw);
});
window.addEventListener("afterprint", () => {
  delete document.documentElement.dataset.print;
  drawn().forEach(draw);
});

// A link to something folded opens it.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
window.addEventListener("hashchange", unfold);
unfold();

for (const block of document.querySelectorAll(".switched")) {
  const select = block.querySelector("select");
  const choose = () => {
    for (const option of block.querySelectorAll(".option")) {
      const chosen = !select || option.id === select.value;
      option.classList.toggle("chosen", chosen);
      if (chosen) option.querySelectorAll("figure.chart").forEach(draw);
    }
  };
  block.classList.add("ready");
  if (select) select.addEventListener("change", choose);
  choose();
}

for (const block of document.querySelectorAll(".searched")) {
  const input = block.querySelector("input[type=search]");
  if (!input) continue;
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const entry of block.querySelectorAll(".entry")) {
      entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
    }
    for (const group of block.querySelectorAll("section")) {
      group.hidden = !group.querySelector(".entry:not([hidden])");
    }
  });
}

for (const block of document.querySelectorAll(".table")) {
  const input = block.querySelector("input[type=search]");
  if (!input) continue;
  const body = block.querySelector("tbody");
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  block.querySelectorAll("thead th").forEach((head, place) => {
    head.querySelector("button").addEventListener("click", () => {
      const falling = head.getAttribute("aria-sort") !== "descending" && head.classList.contains("n")
        || head.getAttribute("aria-sort") === "ascending";
      block.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const key = (row) => row.cells[place].dataset.sort ?? row.cells[place].textContent;
      const rows = [...body.rows].sort((a, b) => {
        const [left, right] = [key(a), key(b)];
        if (left === "" || right === "") return (left === "") - (right === "");
        const order = left - right || (isNaN(left - right) ? left.localeCompare(right) : 0);
        return falling ? -order : order;
      });
      body.append(...rows);
    });
  });
}
