import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath, URL } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import VueI18n from "@intlify/unplugin-vue-i18n/vite";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import applications from "./applications.json" with { type: "json" };
import hls from "./node_modules/hls.js/package.json" with { type: "json" };

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The server that `npm run dev` talks to; `make run` starts one there. */
const SERVER = `http://127.0.0.1:${process.env.LIVEHUB_PORT ?? "8080"}`;

/** Builds the page on which parts of the kit are tried, and nothing else: `vite build --mode trial --outDir …`. */
const TRIAL = process.argv.includes("trial");

/** In development, answers page addresses with the app that owns them, as the server does for the built pages. */
function pages(): Plugin {
  // A name that ends in a slash owns what is below it, but for the root.
  const owns = (prefix: string, path: string): boolean =>
    path === prefix || (prefix !== "/" && prefix.endsWith("/") && path.startsWith(prefix));
  return {
    name: "livehub-pages",
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? "/").split("?")[0] ?? "/";
        const owner = Object.entries(applications).find(([, prefixes]) =>
          prefixes.some((prefix) => owns(prefix, path)),
        );
        if (owner) request.url = `/${owner[0]}/index.html`;
        next();
      });
    },
  };
}

/** Puts a Brotli and a gzip form beside every text file of the build; the server sends the one that a browser takes. */
function precompressed(): Plugin {
  let folder = here("dist");
  return {
    name: "livehub-precompressed",
    apply: "build",
    configResolved(config) {
      folder = resolve(config.root, config.build.outDir);
    },
    async closeBundle() {
      const files = await readdir(folder, { recursive: true });
      for (const file of files.filter((name) => /\.(js|css|svg)$/.test(name))) {
        const text = await readFile(join(folder, file));
        await writeFile(join(folder, `${file}.br`), brotliCompressSync(text));
        await writeFile(join(folder, `${file}.gz`), gzipSync(text, { level: 9 }));
      }
    },
  };
}

/**
 * hls.js is built from its source (src/shared/video/hls.ts), since what we have no use for is a fifth of it, and waits in front of the
 * first picture. Its own build does the same, in files of which none has the sound apart and no DRM.
 */
const HLS_FLAGS = {
  __VERSION__: JSON.stringify(hls.version),
  __USE_ALT_AUDIO__: "true",
  __USE_VARIABLE_SUBSTITUTION__: "false",
  __USE_MEDIA_CAPABILITIES__: "true",
  __USE_EME_DRM__: "false",
  __USE_SUBTITLES__: "false",
  __USE_CMCD__: "false",
  __USE_CONTENT_STEERING__: "false",
  __USE_M2TS_ADVANCED_CODECS__: "false",
  __USE_INTERSTITIALS__: "false",
  __USE_IFRAMES__: "false",
  __IN_WORKER__: "false",
  __HLS_WORKER_BUNDLE__: "undefined",
};

export default defineConfig({
  appType: "mpa",
  plugins: [
    pages(),
    precompressed(),
    vue(),
    // Messages are compiled here and the page carries no compiler: it would need eval, which the server's policy forbids.
    VueI18n({
      include: here("src/**/locales/**"),
      runtimeOnly: true,
      compositionOnly: true,
      dropMessageCompiler: true,
    }),
  ],
  define: { __VUE_OPTIONS_API__: "false", ...HLS_FLAGS },
  resolve: {
    alias: {
      "hls.js": here("node_modules/hls.js/src/hls.ts"),
      "@app": here("src/app"),
      "@desk": here("src/desk"),
      "@kit": here("src/kit"),
      "@people": here("src/people"),
      "@shared": here("src/shared"),
      "@staff": here("src/staff"),
    },
  },
  worker: { format: "es" },
  build: {
    // Nothing inlined as data: URLs, which the server's policy allows for pictures only.
    assetsInlineLimit: 0,
    // Which files a part of a page is made of: the server names a room's in its HTML (livehub/node/first_look.py).
    manifest: true,
    // What is old enough to need it is too old for the pages.
    modulePreload: { polyfill: false },
    // hls.js is one large module, and loaded when a picture is there to play.
    chunkSizeWarningLimit: 600,
    rollupOptions: {
      input: TRIAL
        ? { trial: here("trial/index.html") }
        : {
            viewer: here("viewer/index.html"),
            studio: here("studio/index.html"),
            ops: here("ops/index.html"),
            field: here("field/index.html"),
            "field-worker": here("src/field/offline/worker.ts"),
            // For the page behind a QR code, which the server writes (trace/journey/page.py).
            journey: here("src/trace/journey/main.ts"),
          },
      output: {
        // A service worker is asked for anew at the same address, and serves what lies below it.
        entryFileNames: ({ name }) => (name === "field-worker" ? "[name].js" : "assets/[name]-[hash].js"),
        // What several pages share is a few parts and not thirty: on a slow link each costs more than its bytes.
        codeSplitting: {
          groups: [
            {
              name: "vendor",
              test: /node_modules\/(@?vue|pinia|@intlify|vue-|engine\.io|socket\.io|@socket)/,
              minShareCount: 2,
            },
            // Of the four apps: what three of them share is no weight on the fourth, the viewer.
            { name: "core", test: /src\/(app|kit|shared)\//, minShareCount: 4 },
            {
              name: "viewer-parts",
              test: /src\/viewer\/(parts|rooms|people)\/(?!.*(Page|Sheet|Form|Button|Link)\.vue)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": SERVER, "/live": SERVER, "/media": SERVER, "/socket.io": { target: SERVER, ws: true } },
  },
  // Most test what is pure; those that need a page say so in their first line.
  test: { environment: "node", include: ["src/**/*.test.ts"], restoreMocks: true },
});
