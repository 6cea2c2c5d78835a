/** A label as a picture, and the page that it is printed from. Pure. */
const COPIES_MAX = 500;

/** The server's SVG is for a document of its own, which says what it is; an image has to say so itself. */
export function labelPicture(svg: string): string {
  const named = svg.includes("xmlns=") ? svg : svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"');
  // A reader wants dark on light, whatever the theme.
  const onLight = named.replace(/(<svg[^>]*>)/, '$1<rect width="100%" height="100%" fill="white"/>');
  return `data:image/svg+xml,${encodeURIComponent(onLight)}`;
}

export function labelUrl(url: string, copies: string, layout: "a4" | "single"): string {
  const count = /^\d{1,3}$/.test(copies.trim()) ? Math.min(Math.max(Number(copies), 1), COPIES_MAX) : 1;
  return `${url}&copies=${count}&layout=${layout}`;
}
