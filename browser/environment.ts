/**
 * The environment of a run in a browser, as far as browsers tell: the program,
 * the system and the number of processors. What they keep to themselves is unknown.
 *
 * @module
 */
import { cleanText } from "../common/text.ts";
import type { Environment } from "../results/schema.ts";

/** The part of a browser's `navigator` that is needed; some of it only some browsers have. */
export interface NavigatorLike {
  readonly userAgent: string;
  readonly hardwareConcurrency?: number;
  /** GiB, at most 8. */
  readonly deviceMemory?: number;
  readonly userAgentData?: {
    readonly platform?: string;
    readonly brands?: readonly { readonly brand: string; readonly version: string }[];
  };
}

/** The name and version of a browser: that of its brand, or, of one that has none, what it calls itself to servers. */
function browserOf({ userAgent, userAgentData }: NavigatorLike): string {
  const brands = userAgentData?.brands?.filter(({ brand }) => !/not.*brand/i.test(brand)) ?? [];
  const brand = brands.find(({ brand }) => brand !== "Chromium") ?? brands[0];
  if (brand) return `${brand.brand} ${brand.version}`;
  const [found] = /(?:Firefox|Edg|Chrome)\/[\d.]+|Version\/[\d.]+ (?=.*Safari)/.exec(userAgent) ??
    [];
  return found?.replace("Version", "Safari").replace("/", " ").trim() ?? "unknown";
}

/** The environment that a browser tells of. */
export function environmentHere(navigator: NavigatorLike, version: string): Environment {
  const { userAgent, userAgentData, hardwareConcurrency = 1, deviceMemory = 0 } = navigator;
  const system = userAgentData?.platform || /\(([^;)]*)/.exec(userAgent)?.[1] || "unknown";
  const whole = (value: number, least: number) =>
    Number.isFinite(value) ? Math.max(least, Math.round(value)) : least;
  return {
    densemark: version,
    commit: null,
    deno: "none, in a browser",
    v8: cleanText(browserOf(navigator)),
    os: cleanText(system),
    arch: "unknown",
    cpu: "unknown",
    cores: whole(hardwareConcurrency, 1),
    memory: whole(deviceMemory * 2 ** 30, 0),
  };
}
