/**
 * For tests: a page opened in a browser.
 *
 * @module
 */
import type { Browser, Page } from "puppeteer-core";

/** How a page is looked at: by default 1280 pixels wide, light, with scripts. */
export interface How {
  readonly width?: number;
  readonly dark?: boolean;
  readonly script?: boolean;
  /** What stands behind its address, from # on. */
  readonly hash?: string;
}

/** A report on disk, opened as readers do: from a file, not from a server. */
export class Opened implements AsyncDisposable {
  /** What went wrong in the page: errors, violations of the policy, requests for anything but the file. */
  readonly faults: string[] = [];

  private constructor(readonly page: Page, readonly folder: string) {}

  static async open(browser: Browser, html: string, how: How = {}): Promise<Opened> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/report.html`, html);
    const address = `file://${folder}/report.html${how.hash ?? ""}`;
    return await Opened.at(browser, address, folder, {
      ...how,
      // Results are unpacked before anything is drawn.
      waits: html.includes(' id="data"'),
    });
  }

  /** Opens the page at an address; the folder is removed with it. */
  static async at(
    browser: Browser,
    address: string,
    folder: string,
    { waits = true, ...how }: How & { readonly waits?: boolean } = {},
  ): Promise<Opened> {
    const page = await browser.newPage();
    const opened = new Opened(page, folder);
    page.on("console", (message) => opened.faults.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => opened.faults.push(String(error)));
    page.on("request", (request) => {
      // A blob: is made of what the page has.
      const own = request.url().split("#")[0] === address.split("#")[0] ||
        /^(data|blob):/.test(request.url());
      if (!own) opened.faults.push(request.url());
    });
    await page.setJavaScriptEnabled(how.script ?? true);
    await page.setViewport({ width: how.width ?? 1280, height: 900 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: how.dark ? "dark" : "light" },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    await page.goto(address);
    if ((how.script ?? true) && waits) {
      await page.waitForSelector("html[data-drawn]", { timeout: 120_000 });
    }
    return opened;
  }

  /** The value of an expression in the page; it must be JSON. */
  async value<T>(expression: string): Promise<T> {
    return await this.page.evaluate(expression) as T;
  }

  /** How many pixels of a canvas are drawn in about a colour (#rrggbb); without one, at all. */
  pixels(canvas: string, color = ""): Promise<number> {
    return this.value(`(() => {
      const canvas = document.getElementById(${JSON.stringify(canvas)});
      // From a copy: reading from the canvas itself makes the browser warn that it is slow.
      const copy = new OffscreenCanvas(canvas.width, canvas.height)
        .getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      const wanted = ${JSON.stringify(color)}.match(/[0-9a-f]{2}/gi)?.map((x) => parseInt(x, 16));
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 200 && (wanted ?? []).every((x, c) => Math.abs(x - data[i + c]) < 8)) {
          count++;
        }
      }
      return count;
    })()`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Whether an element takes up space in the page. */
export const visible = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})]
    .map((element) => element.getBoundingClientRect().height > 20)`;
