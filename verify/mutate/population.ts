/**
 * All mutations of the kernels' code, and the order in which a seed draws them.
 * Each kernel has as many as the others, and one that generates code as many of
 * that as of its source, for as long as there are any.
 *
 * @module
 */
import { createRandom, type Random, seedOf, shuffle } from "../../common/random.ts";
import { filesOfKernel, type Sources } from "./copy.ts";
import { applyEdit, type Edit, lineAt } from "./edit.ts";
import { maybeModule } from "./module_names.ts";
import type { MutableKernel, Mutation } from "./mutation.ts";
import type { MutationPlan, OperatorName } from "./plan.ts";
import { editsOf } from "./source_operators.ts";
import { wasmEditsOf, wasmOperators } from "./wasm_operators.ts";
import { wgslEditsOf, wgslOperators } from "./wgsl_operators.ts";

/** The module that makes each kernel, as the registry has it. */
const entries: Readonly<Record<MutableKernel, string>> = {
  naive: "kernels/naive.ts",
  blocked: "kernels/blocked.ts",
  "wasm-simd": "kernels/wasm/simd.ts",
  "wasm-threads": "kernels/wasm/threads.ts",
  webgpu: "kernels/webgpu/webgpu.ts",
};

/** The language in which formulas are given to every kernel. The verifier's own formulas are made by it too, so that one with a mutant asks other questions, and right answers. */
const language = ["derivative", "expression", "formula"].map((name) =>
  `kernels/formula/${name}.ts`
);

/** Which kernel a program gets, and whether one can be made here, is decided before there is one to verify. */
const choice = ["kernels/choice.ts", "kernels/trial.ts"];

/** How kernels and tensors are shown to a person: texts, of which the contract says nothing. */
const texts = ["kernels/kernel_text.ts", "kernels/tensor_text.ts"];

/** What is not mutated. */
const leftOut: ReadonlySet<string> = new Set([...language, ...choice, ...texts]);

/** The operators of the code that a kernel generates. */
const generatedOperators: Readonly<Partial<Record<MutableKernel, readonly OperatorName[]>>> = {
  "wasm-simd": wasmOperators,
  "wasm-threads": wasmOperators,
  webgpu: wgslOperators,
};

type Filter = Pick<MutationPlan, "files" | "operators">;

const isWanted = ({ files }: Filter, path: string) =>
  files === null || files.some((part) => path.includes(part));

/** Whether the code that a kernel generates may have mutations, so that it must be known to draw them. */
export function mutatesGenerated(kernel: MutableKernel, { files, operators }: Filter): boolean {
  // What is in a path alone is in no name of a module or program. Names of programs for a GPU have
  // more words than are known.
  const isPath = (part: string) =>
    /\/|\.ts$/.test(part) || kernel !== "webgpu" && !maybeModule(part);
  return !(files?.every(isPath) ?? false) &&
    (generatedOperators[kernel] ?? []).some((operator) => operators.includes(operator));
}

/** The files of a kernel that are mutated. */
export function mutableFiles(kernel: MutableKernel, sources: Sources): string[] {
  return filesOfKernel(entries[kernel]).filter((path) => sources.has(path) && !leftOut.has(path));
}

// Several kernels are made of the same files.
const known = new Map<string, readonly Edit[]>();

/** All mutations of the sources of a kernel. */
export function sourceMutations(
  kernel: MutableKernel,
  sources: Sources,
  filter: Filter,
): Mutation[] {
  const mutations: Mutation[] = [];
  for (const path of mutableFiles(kernel, sources)) {
    const text = sources.get(path);
    if (text === undefined || !isWanted(filter, path)) continue;
    const seen = new Set<string>();
    let edits = known.get(text);
    if (!edits) known.set(text, edits = editsOf(text));
    for (const edit of edits) {
      const { operator, start, end, to } = edit;
      // Two operators may make the same change.
      const key = `${start} ${end} ${to}`;
      if (seen.has(key) || !filter.operators.includes(operator)) continue;
      seen.add(key);
      const { line, text: place } = lineAt(text, start);
      mutations.push({
        kernel,
        kind: "source",
        file: path,
        line,
        operator,
        place,
        from: text.slice(start, end),
        to,
        becomes: lineAt(applyEdit(text, edit), start).text,
        change: { path, start, end, to },
      });
    }
  }
  return mutations;
}

/** The modules of a kernel, by their names. */
export type Modules = ReadonlyMap<string, Uint8Array>;

const hex = (bytes: readonly number[]) =>
  bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");

/** All mutations of one module. */
export function moduleMutations(
  kernel: MutableKernel,
  module: string,
  bytes: Uint8Array,
  { operators }: Pick<Filter, "operators">,
): Mutation[] {
  return wasmEditsOf(bytes).filter(({ operator }) => operators.includes(operator)).map((
    { operator, instruction, from, to },
  ) => ({
    kernel,
    kind: "wasm",
    file: module,
    line: instruction,
    operator,
    place: hex(from),
    from: hex(from),
    to: hex(to),
    becomes: hex(to),
    change: { module, instruction, from, to },
  }));
}

/** The mutations of a kernel's generated code in a random order: each time of a random kind of module, then of a random one of that kind. */
function* drawModules(
  kernel: MutableKernel,
  modules: Modules,
  filter: Filter,
  random: Random,
): Generator<Mutation> {
  const names = [...modules.keys()].filter((name) => isWanted(filter, name)).toSorted();
  const kinds = [...Map.groupBy(names, (name) => name.split(" ")[0] ?? "").values()];
  const left = new Map<string, Mutation[]>();
  while (kinds.length > 0) {
    const kind = kinds[random.between(0, kinds.length - 1)]!;
    const name = kind[random.between(0, kind.length - 1)]!;
    let own = left.get(name);
    if (!own) {
      const all = moduleMutations(kernel, name, modules.get(name) ?? new Uint8Array(), filter);
      left.set(name, own = shuffle(all, random));
    }
    const next = own.pop();
    if (next) yield next;
    else {
      kind.splice(kind.indexOf(name), 1);
      if (kind.length === 0) kinds.splice(kinds.indexOf(kind), 1);
    }
  }
}

/** All mutations of the lines of a kernel's programs. */
function shaderMutations(
  kernel: MutableKernel,
  programs: Modules,
  filter: Filter,
): Mutation[] {
  const decoder = new TextDecoder();
  const texts = [...programs].map(([key, bytes]) => ({ key, text: decoder.decode(bytes) })).filter((
    { key },
  ) => isWanted(filter, key));
  // The first program that has a line stands for all.
  const places = new Map<string, { readonly file: string; readonly line: number }>();
  for (const { key, text } of texts) {
    for (const [i, line] of text.split("\n").entries()) {
      const from = line.trim();
      if (!places.has(from)) places.set(from, { file: key, line: i + 1 });
    }
  }
  return wgslEditsOf(texts.map(({ text }) => text)).filter(({ operator }) =>
    filter.operators.includes(operator)
  ).map(({ operator, from, to }) => ({
    kernel,
    kind: "wgsl",
    ...places.get(from) ?? { file: "", line: 0 },
    operator,
    place: from,
    from,
    to,
    becomes: to,
    change: { shader: { from, to } },
  }));
}

/** Sources of mutations, each in its random order, taken in turn. */
export function* inTurn<T>(sources: readonly Iterable<T>[]): Generator<T> {
  let open = sources.map((source) => source[Symbol.iterator]());
  while (open.length > 0) {
    const still: Iterator<T>[] = [];
    for (const source of open) {
      const next = source.next();
      if (next.done) continue;
      still.push(source);
      yield next.value;
    }
    open = still;
  }
}

/** All mutations that the plan allows, in the order that its seed draws. */
export function drawMutations(
  plan: MutationPlan,
  sources: Sources,
  modules: ReadonlyMap<MutableKernel, Modules>,
): Generator<Mutation> {
  const randomOf = (text: string) => createRandom(seedOf(text, plan.seed));
  const strata = plan.kernels.flatMap((kernel): Iterable<Mutation>[] => {
    const own = shuffle(sourceMutations(kernel, sources, plan), randomOf(`source ${kernel}`));
    const generated = modules.get(kernel);
    if (!generated || generated.size === 0) return [own];
    return kernel === "webgpu"
      ? [own, shuffle(shaderMutations(kernel, generated, plan), randomOf(`wgsl ${kernel}`))]
      : [own, drawModules(kernel, generated, plan, randomOf(`wasm ${kernel}`))];
  });
  return inTurn(strata);
}
