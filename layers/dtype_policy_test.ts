import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../common/errors.ts";
import { createKernel } from "../kernels/registry.ts";
import { dtypePolicyOf, readDtype } from "./dtype_policy.ts";
import { layerFromConfig } from "./from_config.ts";

const policy = (class_name: string, config: object) => ({
  module: "keras.dtype_policies",
  class_name,
  config,
  registered_name: null,
});
const quantized = (mode: string, source_name = "float32") =>
  policy("QuantizedDTypePolicy", { mode, source_name });

Deno.test("dtypePolicyOf() reads all forms of one policy alike", () => {
  const forms: readonly (readonly [unknown, string | null, string])[] = [
    [undefined, null, "float32"],
    [null, null, "float32"],
    ["mixed_bfloat16", null, "mixed_bfloat16"],
    ["int8_from_float32", "int8", "float32"],
    ["int4/128_from_mixed_bfloat16", "int4/128", "mixed_bfloat16"],
    [policy("DTypePolicy", { name: "float32" }), null, "float32"],
    [{ class_name: "Policy", config: { name: "mixed_float16" } }, null, "mixed_float16"],
    [quantized("int8"), "int8", "float32"],
    [policy("QuantizedDTypePolicy", { name: "int8_from_float32" }), "int8", "float32"],
    [
      policy("GPTQDTypePolicy", { mode: "gptq/4/8", source_name: "float32" }),
      "gptq/4/8",
      "float32",
    ],
    [policy("DTypePolicyMap", { default_policy: null, policy_map: {} }), null, "float32"],
    [
      policy("DTypePolicyMap", {
        default_policy: quantized("int8"),
        policy_map: { a: "int8_from_float32" },
      }),
      "int8",
      "float32",
    ],
  ];
  for (const [dtype, mode, source] of forms) assertEquals(dtypePolicyOf(dtype), { mode, source });
  for (
    const dtype of [
      5,
      {},
      [],
      "_from_float32",
      "int8_from_",
      "int8_from_int8_from_float32",
      policy("DTypePolicy", {}),
      policy("DTypePolicy", { name: "int8_from_float32" }),
      policy("QuantizedDTypePolicy", { name: "float32" }),
      policy("QuantizedDTypePolicy", { mode: 8, source_name: "float32" }),
      policy("DTypePolicyMap", { default_policy: "float32", policy_map: { a: quantized("int8") } }),
      policy("DTypePolicyMap", { default_policy: null, policy_map: { a: "mixed_float16" } }),
    ]
  ) {
    assertThrows(() => dtypePolicyOf(dtype), ArgumentError);
  }
});

Deno.test("readDtype() takes float32 and int8 alone, and names others", async () => {
  assertEquals(readDtype("d", quantized("int8", "mixed_bfloat16")), {
    mode: "int8",
    inputs: true,
    blockSize: null,
  });
  assertEquals(readDtype("d", policy("DTypePolicy", { name: "float32" })), null);
  for (const dtype of ["int8/32_from_float32", "float64", "int8_from_float16", "bool"]) {
    assertThrows(() => readDtype("d", dtype), ArgumentError, `d has the dtype "${dtype}"`);
  }
  await using kernel = await createKernel("naive");
  const read = (class_name: string, dtype: unknown) => {
    using layer = layerFromConfig(kernel, { class_name, config: { name: "l", dtype } });
    return layer.name;
  };
  assertEquals(read("Flatten", "float32"), "l");
  assertThrows(() => read("Flatten", "float64"), ArgumentError, 'Flatten "l" has the dtype');
  assertThrows(() => read("ReLU", quantized("int8")), ArgumentError, "which only a Dense can be");
});
