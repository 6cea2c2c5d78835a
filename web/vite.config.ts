import { fileURLToPath, URL } from "node:url";
import VueI18n from "@intlify/unplugin-vue-i18n/vite";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The server that `npm run dev` talks to; `make run` starts one there. */
const SERVER = `http://127.0.0.1:${process.env.LIVEHUB_PORT ?? "8080"}`;

/** In development, answers page addresses with the app that owns them, as the server does for the built pages. */
function pages(): Plugin {
  const owners: [RegExp, string][] = [
    [/^\/studio(\/|$)/, "/studio/index.html"],
    [/^\/ops(\/|$)/, "/ops/index.html"],
    [/^\/($|r\/)/, "/viewer/index.html"],
  ];
  return {
    name: "livehub-pages",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? "/").split("?")[0] ?? "/";
        const owner = owners.find(([pattern]) => pattern.test(path));
        if (owner) request.url = owner[1];
        next();
      });
    },
  };
}

export default defineConfig({
  appType: "mpa",
  plugins: [
    pages(),
    vue(),
    // Messages are compiled here and the page carries no compiler: it would need eval, which the server's policy forbids.
    VueI18n({ include: here("src/*/locales/**"), runtimeOnly: true, compositionOnly: true, dropMessageCompiler: true }),
  ],
  define: { __VUE_OPTIONS_API__: "true" },
  resolve: { alias: { "@shared": here("src/shared"), "@staff": here("src/staff") } },
  build: {
    // Nothing inlined as data: URLs, which the server's policy allows for pictures only.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { viewer: here("viewer/index.html"), studio: here("studio/index.html"), ops: here("ops/index.html") },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": SERVER, "/media": SERVER, "/socket.io": { target: SERVER, ws: true } },
  },
  test: { environment: "jsdom", include: ["src/**/*.test.ts"], restoreMocks: true },
});
