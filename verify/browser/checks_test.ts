import { checks } from "../verify.ts";
import { testInBrowser } from "./browser_testing.ts";

testInBrowser("webgpu in a browser, in every check", "checks", checks.length);
