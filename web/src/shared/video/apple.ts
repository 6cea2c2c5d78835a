/** What the browser says that it is. */
export interface Platform {
  vendor: string;
  platform: string;
}

/** Safari, every browser on an iPhone or iPad, and WebKit elsewhere (WebKitGTK, WPE). */
export function webKit({ vendor }: Pick<Platform, "vendor"> = navigator): boolean {
  return vendor.startsWith("Apple");
}

/** Whether AVPlayer plays: WebKit elsewhere has the same vendor and none of it; an iPad says that it is a Mac. */
export function applePlatform({ vendor, platform }: Platform = navigator): boolean {
  return webKit({ vendor }) && /^(Mac|iPhone|iPad|iPod)/.test(platform);
}
