import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  type Command,
  defineCommand,
  helpText,
  namesOf,
  type Option,
  readOptions,
  shareOf,
  textOf,
  UsageError,
  wholeNumberOf,
} from "./command.ts";
import { printedBy } from "./command_testing.ts";
import { runDeno } from "./deno_testing.ts";

const options: Record<string, Option> = {
  out: { value: "FOLDER", help: "" },
  count: { value: "N", help: "" },
  fast: { value: null, help: "" },
};

Deno.test("readOptions() takes a value after a space or an equals sign", () => {
  for (const args of [["--out", "a b"], ["--out=a b"]]) {
    assertEquals(textOf(readOptions(args, options), "out"), "a b");
  }
  assertEquals(
    readOptions(["-h", "--fast"], options).given,
    new Map([["fast", true], ["help", true]]),
  );
  assertEquals(readOptions(["x", "y"], options, { words: true }).words, ["x", "y"]);
});

const wrong: Record<string, [args: string[], message: string]> = {
  "an unknown option": [["--slow"], "unknown option --slow; there are --out, --count, --fast"],
  "an unknown short option": [["-x"], "unknown option -x"],
  "a name of every object": [["--constructor"], "unknown option --constructor"],
  "colours and lines in a name": [["--a\x1b[31m\nb=c"], "unknown option --a [31m b=c; there"],
  "an option without its value": [["--out"], "--out needs a value: --out FOLDER"],
  "an option before another": [["--out", "--fast"], "--out needs a value"],
  "an empty value": [["--out="], "--out needs a value"],
  "an option given twice": [["--out=a", "--out=b"], "--out is given twice"],
  "a word where none is taken": [["x"], 'unexpected argument "x"'],
  "an option behind --": [
    ["--", "--out", "x"],
    'unexpected argument "--out" behind --; options go without it',
  ],
  "a value of a switch": [["--fast=no"], '--fast takes no value; got "--fast=no"'],
};

for (const [what, [args, message]] of Object.entries(wrong)) {
  Deno.test(`readOptions() refuses ${what}`, () => {
    assertThrows(() => readOptions(args, options), UsageError, message);
  });
}

Deno.test("readOptions() takes what stands behind -- as words, but for its own options", () => {
  const read = (...args: string[]) => readOptions(args, options, { words: true }).words;
  assertEquals(read("a", "--", "--b", "-c"), ["a", "--b", "-c"]);
  assertThrows(() => read("--", "--out=x"), UsageError, 'unexpected argument "--out=x" behind --');
});

Deno.test("shareOf() takes a percentage in range, with or without its sign", () => {
  const of = (text: string) =>
    shareOf(readOptions([`--count=${text}`], options), "count", {
      low: 0.1,
      high: 50,
      otherwise: 1,
    });
  assertEquals(["1", "1%", "2.5%"].map(of), [0.01, 0.01, 0.025]);
  for (const text of ["0", "51%", "3,5", "1e1", "-1", "%", "5 ‰", "NaN"]) {
    assertThrows(
      () => of(text),
      UsageError,
      "--count must be a percentage from 0.1 to 50, such as",
    );
  }
  assertEquals(
    shareOf(readOptions([], options), "count", { low: 0, high: 9, otherwise: null }),
    null,
  );
});

Deno.test("wholeNumberOf() takes whole numbers in range alone", () => {
  const of = (text: string) =>
    wholeNumberOf(readOptions([`--count=${text}`], options), "count", {
      low: 0,
      high: 300,
      otherwise: 7,
    });
  assertEquals(["0", "12", "0xff"].map(of), [0, 12, 255]);
  for (const text of ["-1", "301", "1.5", "1e2", "", " 1", "NaN", "one"]) {
    assertThrows(() => of(text), UsageError, "--count");
  }
  const none = readOptions([], options);
  assertEquals(wholeNumberOf(none, "count", { low: 0, high: 9, otherwise: 7 }), 7);
});

Deno.test("namesOf() takes a list, each name once", () => {
  const of = (text: string) =>
    namesOf(readOptions([`--out=${text}`], options), "out", ["a", "b"], "x");
  assertEquals(of("b, a,b"), ["b", "a"]);
  assertThrows(() => of("a,c"), UsageError, 'unknown x "c"; there are a, b');
  for (const text of ["a,", ",", " ", "a,,b"]) {
    assertThrows(() => of(text), UsageError, "--out takes texts separated by commas, none of them");
  }
  const none = readOptions([], options);
  assertEquals(namesOf(none, "out", ["a", "b"], "x"), ["a", "b"]);
  assertEquals(namesOf(none, "out", ["a", "b"], "x", ["b"]), ["b"]);
});

const command: Omit<Command, "run"> = { usage: "do it", summary: "Does it.", options };

Deno.test("defineCommand() runs on the options, the words and the arguments, and returns the exit code", async () => {
  const seen: unknown[] = [];
  const main = defineCommand({
    ...command,
    words: true,
    run: ({ given, words }, args) => {
      seen.push([...given], words, args);
      return Promise.resolve(3);
    },
  });
  const args = ["x", "--count", "2"];
  assertEquals(await main(args), 3);
  assertEquals(seen, [[["count", "2"]], ["x"], args]);
});

Deno.test("defineCommand() prints the help where it is asked for, and runs nothing", async () => {
  const notes = ["A note."];
  const run = () => Promise.reject(new Error("it ran"));
  const main = defineCommand({ ...command, notes, run });
  for (const args of [["--help"], ["--fast", "-h"]]) {
    const text = await printedBy(async () => assertEquals(await main(args), 0));
    assertEquals(text, `${helpText({ ...command, notes })}\n`);
  }
});

Deno.test("helpText() wraps what an option does beside its name", () => {
  const help = `Write the files into this folder. ${"More of the same. ".repeat(9)}Default: runs.`;
  const lines = helpText({ ...command, options: { out: { value: "FOLDER", help } } }).split("\n");
  const at = lines.findIndex((line) => line.startsWith("  --out FOLDER  Write the files"));
  assertMatch(lines[at + 1] ?? "", /^ {16}\S/);
  assertEquals(lines.every((line) => line.length <= 100), true);
});

Deno.test("defineCommand() takes no words, and no options but --help and --trace, unless asked to", async () => {
  const main = defineCommand({ usage: "do", summary: "", run: () => Promise.resolve(0) });
  assertEquals(await main(["--trace"]), 0);
  await assertRejects(() => main(["x"]), UsageError, 'unexpected argument "x"');
  await assertRejects(() => main(["--x"]), UsageError, "unknown option --x; there are --help");
});

for (const [name, number] of [["SIGINT", 2], ["SIGTERM", 15]] as const) {
  Deno.test(`interruptible() passes on ${name} while it runs, and no longer`, async () => {
    // In a process of its own: deno test ends at the signal too.
    const script = `import { interruptible } from ${
      JSON.stringify(new URL("command.ts", import.meta.url))
    };
    // Time passes as the script has it, so that a busy machine changes nothing.
    let clock = 0;
    performance.now = () => clock;
    const { setTimeout } = globalThis;
    const later = [];
    globalThis.setTimeout = (action, delay) => setTimeout(() => {}, 0, later.push([action, delay]));
    const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
    const raise = () => Deno.kill(Deno.pid, "${name}");
    await interruptible(async (signal) => {
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      raise();
      await aborted;
      console.log("aborted");
      // As npx passes on what Ctrl-C has given to all processes.
      raise();
      await pause(50);
    });
    raise();
    await pause(50);
    console.log("the echo is over", later.length, later[0][1]);
    later[0][0]();
    raise();
    await pause(100_000);
    console.log("not ended");`;
    const { stdout, code } = await runDeno(["eval", "--quiet", script]);
    // As shells count it: 128 and the number of the signal.
    assertEquals([stdout, code], ["aborted\nthe echo is over 1 1000\n", 128 + number]);
  });

  Deno.test(`interruptible() ends the process at a second ${name}, once the first one has no echo left`, async () => {
    const script = `import { interruptible } from ${
      JSON.stringify(new URL("command.ts", import.meta.url))
    };
    let clock = 0;
    performance.now = () => clock;
    await interruptible(async (signal) => {
      const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
      Deno.kill(Deno.pid, "${name}");
      await aborted;
      clock = 1001;
      Deno.kill(Deno.pid, "${name}");
      await new Promise((resolve) => setTimeout(resolve, 100_000));
    });`;
    const { code } = await runDeno(["eval", "--quiet", script]);
    assertEquals(code, 128 + number);
  });
}
