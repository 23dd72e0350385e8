/**
 * `deno task against-litert`: dense layers on wasm-simd beside LiteRT.js, the strongest
 * peer in WebAssembly, in Deno, Node and Chromium, whose engines differ in what checks
 * and what instructions they make of the same code. Several processes of each, of
 * which the best counts, since code of either may be slow for the life of a process.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { startChromium } from "../../common/chromium.ts";
import {
  defineCommand,
  namesOf,
  type Options,
  print,
  printError,
  printWarning,
  runCommand,
  textOf,
  UsageError,
  wholeNumberOf,
} from "../../common/command.ts";
import { errorLine } from "../../common/errors.ts";
import { formatNumber, formatRatio, formatWhole } from "../../common/numbers.ts";
import { markdownHead, markdownRow } from "../../common/table.ts";
import { geometricMean, median } from "../../statistics/estimators.ts";
import { parseShapes } from "../shapes.ts";
import type { Found, Settings, Times } from "./against_litert_program.ts";

const flags = ["--experimental-wasm-revectorize", "--no-liftoff"];
/** The Node whose engine has relaxed SIMD. */
const versionOfNode = "26";
/** So many products of at most 8 times 8, and a bias, are whole numbers below 2^24. */
const mostInputs = 2 ** 18 - 1;

/** How an output that is wrong is told of. */
const saysWrong = "which must be";
/** Of short sums, of a weight beyond the caches, and of layers of networks. */
const shapes = "2048x512x13,2048x512x16,2048x512x32,2048x512x64,2048x512x128,1024x256x32," +
  "4096x64x16,256x256x8,8x768x3072,16x768x3072,128x512x784,196x128x640,512x512x512";

const runtimes = ["deno", "deno-flags", "node", "node-flags", "chromium"] as const;
type Runtime = typeof runtimes[number];

/** The command; returns its exit code. */
export const main = defineCommand({
  usage: "deno task against-litert [options]",
  summary: "Times dense layers on wasm-simd and on LiteRT.js in Deno, Node and Chromium.",
  options: {
    runtimes: { value: "A,B", help: `Only in these: ${runtimes.join(", ")}.` },
    shapes: { value: "MxNxK,...", help: "Layers of these rows, units and inputs, with relu." },
    processes: {
      value: "N",
      help: "Processes of each runtime, of which the best counts. Default: 3.",
    },
    rounds: { value: "N", help: "Rounds in each. Default: 15." },
    milliseconds: { value: "N", help: "How long each is timed in a round. Default: 5." },
  },
  notes: [
    "Outputs of both must be exactly what whole numbers give, before anything is timed. Node and",
    "Chromium are left out, with the reason, where they are not to be had.",
  ],
  run,
});

/** The text that a program prints. */
async function outputOf(command: string, args: readonly string[]): Promise<string> {
  // Flags of this process are not those of what is measured; empty ones are refused.
  const { DENO_V8_FLAGS: _, ...env } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (code === 0) return decoder.decode(stdout);
  const lines = decoder.decode(stderr).trim().split("\n");
  throw new Error(lines.find((line) => /\bError: /.test(line))?.trim() ?? lines.at(-1));
}

/** The files of a page: the program, and those of LiteRT.js. */
async function serve(program: string): Promise<Deno.HttpServer<Deno.NetAddr>> {
  // Of a package that was not loaded before there need not be files.
  await import("../peers/litert_start.ts");
  const folder = new URL("../wasm/", import.meta.resolve("@litertjs/core"));
  const html =
    `<!doctype html><meta charset="utf-8"><script type="module" src="/program.js"></script>`;
  const types = { js: "text/javascript", wasm: "application/wasm" };
  // With these two a page's clock is exact to 5 µs.
  const isolated = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const [, name, type] = /^\/(litert_\w+|program)\.(js|wasm)$/.exec(pathname) ?? [];
    const headers = (what: string) => ({ headers: { ...isolated, "content-type": what } });
    if (pathname === "/") return new Response(html, headers("text/html"));
    if (name === undefined) return new Response(null, { status: 404 });
    const file = name === "program" ? program : new URL(`${name}.${type}`, folder);
    return new Response(await Deno.readFile(file), headers(types[type as keyof typeof types]));
  });
}

/** Runs the program once in each way. */
function waysOf(program: string, address: string): Record<Runtime, () => Promise<Found>> {
  const deno = async (...more: string[]) =>
    JSON.parse(
      await outputOf(Deno.execPath(), [
        "run",
        "--quiet",
        "--no-lock",
        "--no-check",
        "--no-prompt",
        "--allow-read",
        "--allow-net=127.0.0.1",
        ...more,
        program,
      ]),
    );
  const node = async (...more: string[]) => {
    const path = `--package=node@${versionOfNode}`;
    const found = await outputOf("npx", ["--yes", path, "--call", "command -v node"]);
    return JSON.parse(await outputOf(found.trim(), [...more, program]));
  };
  return {
    deno: () => deno(),
    "deno-flags": () => deno(`--v8-flags=${flags.join(",")}`),
    node: () => node(),
    "node-flags": () => node(...flags),
    chromium: async () => {
      await using chromium = await startChromium();
      const page = await chromium.browser.newPage();
      await page.goto(address);
      return await page.evaluate("globalThis.outcome") as Found;
    },
  };
}

/** Bundles the program, with its settings before it, for engines that import nothing. */
async function bundleProgram(folder: string, settings: Settings): Promise<string> {
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const bundled = join(folder, "bundled.js");
  await outputOf(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--no-check",
    "--no-lock",
    `--config=${path("../../deno.json")}`,
    `--output=${bundled}`,
    path("./against_litert_program.ts"),
  ]);
  const program = join(folder, "program.mjs");
  const text = await Deno.readTextFile(bundled);
  await Deno.writeTextFile(
    program,
    `globalThis.settings = ${JSON.stringify(settings)};\n${text}`,
  );
  return program;
}

/** What was found in the processes of a runtime, as the best and the median of them. */
function figuresOf(found: readonly Found[], shape: number) {
  const of = (who: keyof Times) => found.map(({ times }) => times[shape]![who]);
  const best = (who: keyof Times) => Math.min(...of(who).flat());
  // The median of a process's rounds, in its best process.
  const middle = (who: keyof Times) => Math.min(...of(who).map((times) => median([...times])));
  return {
    best: { ours: best("ours"), theirs: best("theirs") },
    middle: { ours: middle("ours"), theirs: middle("theirs") },
  };
}

async function run(options: Options): Promise<number> {
  const named = namesOf(options, "runtimes", runtimes, "runtime");
  const workloads = parseShapes(textOf(options, "shapes") ?? shapes);
  for (const { name, activation, k } of workloads) {
    if (activation !== "linear" && activation !== "relu") {
      throw new UsageError(`--shapes: every layer here ends in relu; got ${name}`);
    }
    if (k > mostInputs) {
      throw new UsageError(
        `--shapes: a layer may have ${
          formatWhole(mostInputs)
        } inputs, whose sums are exact; got ${name}`,
      );
    }
  }
  const number = (name: string, otherwise: number) =>
    wholeNumberOf(options, name, { low: 1, high: 10_000, otherwise });
  const processes = number("processes", 3);
  const [rounds, milliseconds] = [number("rounds", 15), number("milliseconds", 5)];
  const folder = await Deno.makeTempDir();
  try {
    const sizes = workloads.map(({ m, n, k }) => ({ m, n, k }));
    await using server = await serve(join(folder, "program.mjs"));
    const files = `http://127.0.0.1:${server.addr.port}/`;
    const program = await bundleProgram(folder, { files, shapes: sizes, rounds, milliseconds });
    const ways = waysOf(program, files);
    const found = new Map<Runtime, Found[]>();
    // In turns, so that what else the machine does meets all of them.
    for (let i = 0; i < processes; i++) {
      for (const runtime of named) {
        if (i > 0 && !found.has(runtime)) continue;
        try {
          const all = found.get(runtime) ?? [];
          all.push(await ways[runtime]());
          found.set(runtime, all);
        } catch (error) {
          if (errorLine(error).includes(saysWrong)) {
            printError(`${runtime}: ${errorLine(error)}`);
            return 1;
          }
          printWarning(`${runtime} is left out: ${errorLine(error)}`);
        }
      }
    }
    if (found.size === 0) return 1;
    printTable(sizes, found);
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function printTable(
  sizes: Settings["shapes"],
  found: ReadonlyMap<Runtime, readonly Found[]>,
): void {
  const names = [...found.keys()];
  print("GFLOP/s, wasm-simd : LiteRT.js, best of all rounds; how many times as fast, by the best");
  print("and by the medians.\n");
  print(markdownHead(["m x n x k", ...names], names.map((_, i) => i + 1)));
  const ratios = names.map(() => [] as number[]);
  for (const [s, { m, n, k }] of sizes.entries()) {
    const cells = names.map((name, i) => {
      const { best, middle } = figuresOf(found.get(name)!, s);
      const speed = (time: number) => formatNumber(2 * m * n * k / time / 1e6, 2);
      ratios[i]!.push(best.theirs / best.ours);
      return `${speed(best.ours)} : ${speed(best.theirs)} (${
        formatRatio(best.theirs / best.ours)
      }, ${formatRatio(middle.theirs / middle.ours)})`;
    });
    print(markdownRow([`${m}x${n}x${k}`, ...cells]));
  }
  for (const [what, of] of [["geometric mean", geometricMean], ["least", smallest]] as const) {
    print(markdownRow([what, ...ratios.map((all) => formatRatio(of(all)))]));
  }
  print("");
  for (const [name, [first]] of found) print(`${name}: ${first!.version}, ${first!.device}`);
}

const smallest = (values: readonly number[]) => Math.min(...values);

if (import.meta.main) Deno.exit(await runCommand(main, Deno.args));
