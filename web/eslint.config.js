import vue from "eslint-plugin-vue";
import accessibility from "eslint-plugin-vuejs-accessibility";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "src/shared/wire.ts", "src/shared/api-types.ts", "src/shared/endpoints.ts"] },
  ...tseslint.configs.strict,
  ...vue.configs["flat/recommended"],
  ...accessibility.configs["flat/recommended"],
  { files: ["**/*.vue"], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  {
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      // Text from people is always text.
      "vue/no-v-html": "error",
      "vue/block-lang": ["error", { script: { lang: "ts" } }],
      "vue/component-api-style": ["error", ["script-setup"]],
      // An optional prop is `undefined` when left out, and its type says so.
      "vue/require-default-prop": "off",
      // Layout is Prettier's.
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      // A label either holds its control or names it.
      "vuejs-accessibility/label-has-for": [
        "error",
        { required: { some: ["nesting", "id"] }, controlComponents: ["ElSelect"] },
      ],
      "vuejs-accessibility/heading-has-content": ["error", { accessibleChildren: ["CardTitle"] }],
      "vuejs-accessibility/anchor-has-content": ["error", { accessibleChildren: ["BrandMark"] }],
      // The first field of a dialog takes the focus, which has to go somewhere in it.
      "vuejs-accessibility/no-autofocus": ["error", { ignoreNonDOM: true }],
    },
  },
);
