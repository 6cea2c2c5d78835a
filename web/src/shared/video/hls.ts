/**
 * hls.js, built from its source without what we do not use (vite.config.ts). A part of the build by this name: the server has
 * pages of rooms on air load it at once (livehub/node/first_look.py).
 */
export { default } from "hls.js";
