// The values under the pointer, in a chart. The charts say all they have to without this.
for (const chart of document.querySelectorAll(".chart[data-values]")) {
  const { seconds, lines } = JSON.parse(chart.dataset.values);
  const area = chart.querySelector(".area");
  const cross = document.createElement("div");
  const tip = document.createElement("div");
  cross.className = "cross";
  tip.className = "tip";
  cross.hidden = tip.hidden = true;
  area.append(cross, tip);
  const first = seconds[0];
  const span = Math.max(seconds.at(-1) - first, 1);
  const shown = (value) =>
    value === null ? "–" : value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
  area.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect();
    const at = first + ((event.clientX - box.left) / box.width) * span;
    const index = seconds.reduce((best, second, i) => (Math.abs(second - at) < Math.abs(seconds[best] - at) ? i : best), 0);
    const left = ((seconds[index] - first) / span) * 100;
    cross.style.left = `${left}%`;
    tip.style.left = left > 50 ? "auto" : `calc(${left}% + 8px)`;
    tip.style.right = left > 50 ? `calc(${100 - left}% + 8px)` : "auto";
    tip.textContent = "";
    for (const text of [`${seconds[index]} s`, ...lines.map(([name, , values]) => `${name} ${shown(values[index])}`)]) {
      tip.append(Object.assign(document.createElement("div"), { textContent: text }));
    }
    cross.hidden = tip.hidden = false;
  });
  area.addEventListener("pointerleave", () => (cross.hidden = tip.hidden = true));
}
