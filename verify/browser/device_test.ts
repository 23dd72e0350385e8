// The kernel's own tests, the same as in Deno. Apart from checks_test.ts so that the two, which take
// longest of all, can run at the same time: a browser compiles programs on one thread.
import { testInBrowser } from "./browser_testing.ts";

testInBrowser("webgpu in a browser", "device", 20);
