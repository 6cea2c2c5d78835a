/** What rises when people like: hearts in our colours, and one in six is a blueberry. */
const SVG = "http://www.w3.org/2000/svg";
const HEART =
  "M12 20.8C5.4 16 2.8 12.7 2.8 9.2 2.8 6.2 5 4.1 7.7 4.1c1.7 0 3.3.9 4.3 2.4 1-1.5 2.6-2.4 4.3-2.4 2.7 0 4.9 2.1 4.9 5.1 0 3.5-2.6 6.8-9.2 11.6z";
const COLOURS = ["#ff4d6d", "#ff8a4c", "#ff6fa3", "#8f93ff", "#5fd08b"];

/** `draw` in [0, 1) picks the shape; 0 is the red heart. */
export function createHeart(draw: number): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  if (draw > 5 / 6) drawBerry(svg);
  else drawHeart(svg, COLOURS[Math.floor(draw * 6)] ?? "#ff4d6d");
  return svg;
}

function drawHeart(svg: SVGSVGElement, colour: string): void {
  add(svg, "path", { d: HEART, fill: colour });
  add(svg, "path", {
    d: "M5.2 9.4c0-1.9 1.2-3 2.7-3",
    fill: "none",
    stroke: "#fff",
    "stroke-opacity": ".75",
    "stroke-width": "1.5",
    "stroke-linecap": "round",
  });
}

function drawBerry(svg: SVGSVGElement): void {
  add(svg, "path", { d: "M13 6c-.5-3.5 2-5 5.5-5 0 3.3-2 5.2-5.5 5z", fill: "#58b06f" });
  add(svg, "circle", { cx: "12", cy: "13.5", r: "8.5", fill: "#4b4fb5" });
  add(svg, "path", {
    d: "M6 11.5a6.5 6.5 0 0 1 5-4.2",
    fill: "none",
    stroke: "#c3c8ff",
    "stroke-width": "1.6",
    "stroke-linecap": "round",
  });
  add(svg, "path", {
    d: "M12.8 11.2l1 1.7 2-.3-.8 1.8.8 1.8-2-.2-1 1.6-1-1.6-2 .2.8-1.8-.8-1.8 2 .3z",
    fill: "#23235f",
  });
}

function add(parent: SVGElement, name: string, attributes: Record<string, string>): void {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.append(element);
}
