/**
 * Opening a WebGPU device of `navigator.gpu`, in browsers and Deno alike, with
 * all limits of its adapter, where a device would have the smallest ones by
 * default; or one line on why there is none.
 *
 * @module
 */
import { errorText, KernelUnavailableError } from "../../common/errors.ts";
import { quietly } from "./quiet_driver.ts";

/** A device, and what is known of its adapter. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** The name of the adapter, as text to show, which says where it is software. */
  readonly description: string;
  /** Whether the adapter is software on a processor: right for checks, meaningless for speed. */
  readonly software: boolean;
  /** Whether the device can time passes itself. */
  readonly timestamps: boolean;
}

const limits = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBuffersPerShaderStage",
] as const;

// Software adapters that only their names tell from hardware: Mesa's, Google's, Microsoft's.
const softwareNames = /llvmpipe|lavapipe|swiftshader|warp|basic render|software/i;

/** The name of an adapter, of which some browsers show only a part. */
function describe({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  if (description) return description;
  return [...new Set([vendor, architecture, device])].filter((text) => text !== "").join(" ") ||
    "unnamed adapter";
}

/**
 * Opens a device of the fastest adapter.
 *
 * @param hardware Whether one of software will not do.
 * @throws {KernelUnavailableError} where there is none, with the reason.
 */
export function openDevice({ hardware = false } = {}): Promise<OpenDevice> {
  return quietly(() => openLoudly(hardware));
}

async function openLoudly(hardware: boolean): Promise<OpenDevice> {
  const unavailable = (reason: string) => new KernelUnavailableError(`webgpu: ${reason}`);
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) {
    throw unavailable(
      (globalThis as { isSecureContext?: boolean }).isSecureContext === false
        ? "browsers offer WebGPU to pages from https or localhost only"
        : "there is no navigator.gpu; this browser or runtime has no WebGPU",
    );
  }
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  } catch (error) {
    throw unavailable(`no adapter: ${errorText(error)}`);
  }
  if (!adapter) {
    throw unavailable(
      "no adapter; a GPU's driver is needed, or a software one such as Mesa's llvmpipe (Vulkan)",
    );
  }
  const { info } = adapter;
  const timestamps = adapter.features.has("timestamp-query");
  const fallback = info.isFallbackAdapter ||
    (adapter as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  const name = describe(info);
  const software = fallback || softwareNames.test(name);
  if (hardware && software) {
    throw unavailable(`its adapter, ${name}, is software, which is slower than WebAssembly`);
  }
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      label: "densemark",
      requiredFeatures: timestamps ? ["timestamp-query"] : [],
      requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
    });
  } catch (error) {
    throw unavailable(
      `${name} gives no device: ${errorText(error)}`,
    );
  }
  return {
    device,
    description: `WebGPU, ${name}${software ? ", software" : ""}`,
    software,
    timestamps,
  };
}
