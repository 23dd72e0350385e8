/**
 * The version of this copy of Densemark, as its deno.json has it.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** Of the code that runs, which need not be the one that made a file. */
export const version: string = config.version;
