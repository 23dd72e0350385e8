import { assertEquals } from "@std/assert";
import { runDeno } from "./deno_testing.ts";

Deno.test("leaveEndToParent() has what a whole group gets pass by", async () => {
  const script = `import { leaveEndToParent } from ${
    JSON.stringify(new URL("endings.ts", import.meta.url))
  };
    leaveEndToParent();
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) Deno.kill(Deno.pid, name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log("goes on");
    Deno.exit(0);`;
  const { stdout, code } = await runDeno(["eval", "--quiet", script]);
  assertEquals([stdout, code], ["goes on\n", 0]);
});

Deno.test("endings has a lost terminal only where there is one, so that nohup holds", async () => {
  const script = `import { endings } from ${JSON.stringify(new URL("endings.ts", import.meta.url))};
    console.log(endings.map(([name]) => name).join());`;
  const { stdout } = await runDeno(["eval", "--quiet", script]);
  assertEquals(stdout, Deno.build.os === "windows" ? "SIGINT\n" : "SIGINT,SIGTERM\n");
});
