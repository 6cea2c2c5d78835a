// Writes livehub/people/regions.txt: the division codes that addresses may name, as the pages' list has them.
//   node web/regions.mjs
import { writeFileSync } from "node:fs";
import { areaList } from "@vant/area-data";

const counties = new Map();
for (const code of Object.keys({ ...areaList.city_list, ...areaList.county_list }).sort()) {
    const city = code.slice(0, 4);
    const known = counties.get(city) ?? [];
    // A city is only named itself where the list has nothing below it.
    if (code.endsWith("00") && Object.keys(areaList.county_list).some((other) => other.startsWith(city))) continue;
    counties.set(city, [...known, code.slice(4)]);
}
const head =
    "# Made by `node web/regions.mjs` from @vant/area-data (GB/T 2260): four digits of a city, then two of each county.\n";
const lines = [...counties].map(([city, codes]) => [city, ...codes].join(" "));
writeFileSync(new URL("../livehub/people/regions.txt", import.meta.url), `${head}${lines.join("\n")}\n`);
