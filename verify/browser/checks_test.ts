import { checks } from "../verify.ts";
import { testInBrowser } from "./testdata.ts";

testInBrowser("webgpu in a browser, in every check", "checks", checks.length);
