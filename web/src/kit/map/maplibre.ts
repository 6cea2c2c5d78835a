/** MapLibre in a chunk of its own, with its worker from where the page is from: the policy allows no worker from a blob. */
import "maplibre-gl/dist/maplibre-gl.css";
import { AttributionControl, Map as MapOfTiles, NavigationControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

setWorkerUrl(workerUrl);

export { AttributionControl, MapOfTiles, NavigationControl };
