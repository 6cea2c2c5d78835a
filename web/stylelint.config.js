import breakpoints from "./src/kit/breakpoints.json" with { type: "json" };

const widths = Object.values(breakpoints).map((px) => `${px}px`);

/** Colours, layers and widths are decided in one place each; whoever writes one beside it is told so. Layout is Prettier's. */
export default {
  extends: ["stylelint-config-recommended-vue"],
  ignoreFiles: ["dist/**", "node_modules/**"],
  rules: {
    "color-no-hex": [true, { message: "Colours are tokens (src/shared/tokens.css)" }],
    "color-named": ["never", { ignore: ["inside-function"], message: "Colours are tokens (src/shared/tokens.css)" }],
    "function-disallowed-list": [
      ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "light-dark"],
      { message: "Colours are tokens (src/shared/tokens.css)" },
    ],
    "declaration-property-value-disallowed-list": [
      {
        "z-index": ["/^-?\\d+$/"],
        "font-size": ["/^(\\d|10|0?\\.\\d+)px$/", "/^0?\\.[0-5]\\d*rem$/", "/^0?\\.6([0-7]\\d*)?rem$/"],
      },
      { message: "Layers are tokens, and no text is smaller than 11 px (src/shared/tokens.css)" },
    ],
    "media-feature-name-value-allowed-list": [
      { "/^(min-|max-)?width$/": widths },
      { message: `Layouts change at ${widths.join(", ")} (src/kit/breakpoints.json)` },
    ],
    "no-descending-specificity": null,
    "property-no-deprecated": null,
    "declaration-property-value-keyword-no-deprecated": null,
  },
  overrides: [
    {
      files: ["src/shared/tokens.css"],
      rules: { "color-no-hex": null, "function-disallowed-list": null },
    },
  ],
};
