/** The divisions of mainland China (GB/T 2260), as addresses name them: a province, a city, a county. Loaded when they are needed. */

interface Lists {
  province_list: Record<string, string>;
  city_list: Record<string, string>;
  county_list: Record<string, string>;
}

export interface Region {
  code: string;
  name: string;
}

export interface Regions {
  provinces: readonly Region[];
  citiesOf: (province: string) => readonly Region[];
  /** Of a city without any: itself. */
  countiesOf: (city: string) => readonly Region[];
  /** 上海市浦东新区; empty for a code of none. */
  nameOf: (code: string) => string;
}

let loading: Promise<Regions> | null = null;

/** Throws when the list cannot be loaded, and may then be asked again. */
export function loadRegions(): Promise<Regions> {
  loading ??= import("@vant/area-data").then(({ areaList }) => regionsOf(areaList));
  loading.catch(() => (loading = null));
  return loading;
}

/** Pure. */
export function regionsOf({ province_list, city_list, county_list }: Lists): Regions {
  const below = (list: Record<string, string>, start: string): Region[] =>
    Object.entries(list)
      .filter(([code]) => code.startsWith(start))
      .map(([code, name]) => ({ code, name }));
  return {
    provinces: below(province_list, ""),
    citiesOf: (province) => below(city_list, province.slice(0, 2)),
    countiesOf(city) {
      const counties = below(county_list, city.slice(0, 4));
      return counties.length > 0 || !city_list[city] ? counties : [{ code: city, name: city_list[city] }];
    },
    nameOf(code) {
      const names = [province_list[`${code.slice(0, 2)}0000`], city_list[`${code.slice(0, 4)}00`], county_list[code]];
      return [...new Set(names.filter((name) => name !== undefined))].join("");
    },
  };
}
