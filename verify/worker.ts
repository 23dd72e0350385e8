/**
 * A worker of the verifier: does the tasks that it is sent.
 *
 * @module
 */
import { serveJobs } from "./serve_jobs.ts";
import { perform } from "./tasks.ts";

serveJobs(perform);
