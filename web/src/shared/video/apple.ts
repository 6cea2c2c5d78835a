/** Whether the browser plays by AVPlayer: Safari, and every browser on an iPhone or iPad. Pure, but for the default. */
export interface Platform {
  vendor: string;
  platform: string;
}

/** WebKit elsewhere (WebKitGTK, WPE) has the same vendor and no AVPlayer; an iPad says that it is a Mac. */
export function applePlatform({ vendor, platform }: Platform = navigator): boolean {
  return vendor.startsWith("Apple") && /^(Mac|iPhone|iPad|iPod)/.test(platform);
}
