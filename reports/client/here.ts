/**
 * "Run it here" in the page: starts the program in a worker, shows how far it is
 * and what it found, ends it at once when asked to, and hands the results out as a
 * file that every command takes. All texts go into the page as texts.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/// <reference lib="esnext" />
import { errorLine } from "../../common/errors.ts";
import type { Results } from "../../results/schema.ts";
import { verifiedSeconds } from "../../results/query.ts";
import { toJson } from "../../results/json.ts";
import { type KernelHere, kernelsHere, type News, type Order } from "../../browser/protocol.ts";
import { quickOnes, workloadsHere } from "../../browser/workloads.ts";
import { type Packed, unpackedText } from "../packed.ts";
import { tableOf } from "./here_table.ts";

const rounds = 10;
const seed = 1;
const whatIsDrawn =
  "Hollow marks named “this browser” in the charts of speed, on the roofline and among the " +
  "samples over time stand beside those of the same kernel without V8 flags and with as many threads; where the run has no such, there are none.";

/** Why a kernel cannot run in this page; null where it may. */
function whyNot(name: KernelHere): string | null {
  if (name === "wasm-threads" && !globalThis.crossOriginIsolated) {
    return "only where the page is cross-origin isolated: open it with deno task serve";
  }
  if (name === "webgpu" && !("gpu" in navigator)) return "this browser offers no WebGPU here";
  if (name.startsWith("wasm") && typeof WebAssembly === "undefined") {
    return "this browser has no WebAssembly";
  }
  return null;
}

let programUrl: Promise<string> | null = null;

/** The address of the program, unpacked when it is first needed; it stays, since threads are made of it too. */
function urlOfProgram(element: HTMLElement): Promise<string> {
  programUrl ??= unpackedText(JSON.parse(element.textContent ?? "") as Packed).then((program) =>
    URL.createObjectURL(new Blob([program], { type: "text/javascript" }))
  );
  return programUrl;
}

/** Connects the section with the page; `add` hears of everything that is found, and of null where a new run begins. */
export function makeRunnable(results: Results, add: (here: Results | null) => void): void {
  const place = document.querySelector<HTMLElement>("[data-here]");
  const program = document.getElementById("program");
  if (!place || !program) return;
  const find = <T extends HTMLElement>(selector: string) => place.querySelector<T>(selector);
  const button = (name: string) => find<HTMLButtonElement>(`[data-do=${name}]`);
  const [run, cancel, download] = [button("run"), button("cancel"), button("download")];
  const progress = find<HTMLProgressElement>("progress");
  const said = find("[data-said]");
  const doing = find("[data-doing]");
  const refused = find("[data-refused]");
  const found = find("[data-found]");
  const choice = find<HTMLSelectElement>("[data-here-workload]");
  const thoroughness = find<HTMLSelectElement>("[data-here-effort]");
  if (!doing) return;
  if (!run || !cancel || !download || !progress || !said || !refused || !found || !choice) return;

  const workloads = workloadsHere(results.results);
  for (const name of kernelsHere) {
    const reason = whyNot(name);
    const box = find<HTMLInputElement>(`[data-kernel="${name}"]`);
    const why = find(`[data-why="${name}"]`);
    if (!box || reason === null) continue;
    [box.disabled, box.checked] = [true, false];
    if (why) why.textContent = reason;
  }
  place.hidden = false;
  if (typeof Worker === "undefined") {
    run.disabled = true;
    said.textContent = "This browser has no workers, in which the kernels run.";
    return;
  }

  let worker: Worker | null = null;
  let latest: Results | null = null;
  // Counts what was started and ended, so that what comes late is known to be late.
  let turn = 0;
  const say = (text: string, bad = false) => {
    said.textContent = text;
    said.classList.toggle("none", bad);
  };
  const end = (text: string, bad = false) => {
    // At once, whatever it computes.
    worker?.terminate();
    worker = null;
    turn++;
    progress.hidden = true;
    doing.textContent = "";
    const focused = document.activeElement === cancel;
    [run.disabled, cancel.disabled, download.disabled] = [false, true, latest === null];
    if (focused) run.focus();
    say(text, bad);
  };
  const hear = (news: News) => {
    if (news.what === "doing") {
      progress.value = news.share;
      // What is read aloud changes with the kernel and the workload, not with each case.
      const [what = "", ...detail] = news.text.split(": ");
      if (said.textContent !== `${what} …`) say(`${what} …`);
      doing.textContent = detail.join(": ");
    } else if (news.what === "refused") {
      const item = document.createElement("li");
      item.textContent = `${news.kernel} was not timed: ${news.reason}`;
      item.classList.toggle("none", news.wrong);
      refused.append(item);
    } else if (news.what === "found") {
      latest = news.results;
      found.replaceChildren(tableOf(results, latest));
      add(latest);
    } else if (news.what === "failed") {
      end(`The run failed: ${news.reason}`, true);
    } else {
      const drawn = latest?.results.some((one) => verifiedSeconds(one) !== null);
      end(drawn ? `Done. ${whatIsDrawn}` : "Done. Nothing could be timed.", !drawn);
    }
  };
  const start = async () => {
    const kernels = kernelsHere.filter((name) =>
      find<HTMLInputElement>(`[data-kernel="${name}"]`)?.checked
    );
    const one = workloads[Number(choice.value)];
    const chosen = choice.value !== "" && one ? [one] : quickOnes(workloads);
    if (kernels.length === 0) return say("Choose a kernel.", true);
    const effort = thoroughness?.value === "smoke" ? "smoke" : "quick";
    latest = null;
    add(null);
    refused.replaceChildren();
    found.replaceChildren();
    progress.value = 0;
    progress.hidden = false;
    // A button that is disabled loses the focus.
    const focused = document.activeElement === run;
    [run.disabled, cancel.disabled, download.disabled] = [true, false, true];
    if (focused) cancel.focus();
    say("Starting …");
    const mine = ++turn;
    const url = await urlOfProgram(program);
    if (mine !== turn) return;
    const own = worker = new Worker(url);
    own.onmessage = ({ data }: MessageEvent<News>) => {
      if (mine === turn) hear(data);
    };
    own.onerror = (event) => {
      event.preventDefault();
      if (mine === turn) end(`The run failed: ${event.message || "the worker broke"}`, true);
    };
    const { suite } = results;
    const order: Order = {
      kernels,
      workloads: chosen,
      suite,
      version: place.dataset.here ?? "unknown",
      effort,
      seed,
      rounds,
    };
    own.postMessage(order);
  };
  run.addEventListener("click", () => {
    start().catch((error: unknown) => end(`The run cannot start: ${errorLine(error)}`, true));
  });
  cancel.addEventListener("click", () => {
    // A run that was ended is known to be a part.
    if (latest) add(latest = { ...latest, partial: true });
    end(latest ? "Cancelled; what was found until then stays." : "Cancelled.");
  });
  download.addEventListener("click", () => {
    if (!latest) return;
    const link = document.createElement("a");
    link.download = "results.json";
    link.href = `data:application/json;charset=utf-8,${encodeURIComponent(toJson(latest))}`;
    link.click();
  });
}
