import { testWhere } from "../../common/requirements_testing.ts";
import { whyNoKernel } from "../kernels_testing.ts";
import { deviceTests } from "./device_testing.ts";

const missing = await whyNoKernel("webgpu");
for (const [title, run] of Object.entries(deviceTests)) testWhere(missing, `webgpu: ${title}`, run);
