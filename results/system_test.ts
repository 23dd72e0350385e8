import { assertEquals } from "@std/assert";
import { countOfList, parseLoad, systemState } from "./system.ts";

/** The state of a machine with these files. */
const stateOf = (files: Readonly<Record<string, string>>, processors = 2) =>
  systemState((path) => Object.hasOwn(files, path) ? files[path]! : null, processors);

/** The files of a folder. */
const within = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));

const cache = (index: number, level: string, type: string, size: string, shared: string) =>
  within(`/sys/devices/system/cpu/cpu0/cache/index${index}`, {
    level: `${level}\n`,
    type: `${type}\n`,
    size: `${size}\n`,
    shared_cpu_list: `${shared}\n`,
  });

const governor = (cpu: number, name: string) => ({
  [`/sys/devices/system/cpu/cpu${cpu}/cpufreq/scaling_governor`]: `${name}\n`,
});

Deno.test("systemState() reads a desktop: governor, caches, no hypervisor, no limit", () => {
  assertEquals(
    stateOf({
      ...governor(0, "powersave"),
      ...governor(1, "powersave"),
      "/proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu vme sse2 avx2\n\nprocessor\t: 1\n",
      "/proc/loadavg": "0.08 0.03 0.05 1/467 1234\n",
      "/proc/self/cgroup": "0::/user.slice/session-2.scope\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "max 100000\n",
      "/proc/self/status": "Name:\tdeno\nCpus_allowed:\tff\nCpus_allowed_list:\t0-7\n",
      ...cache(0, "1", "Data", "32K", "0-1"),
      ...cache(1, "1", "Instruction", "32K", "0-1"),
      ...cache(2, "2", "Unified", "256K", "0-1"),
      ...cache(3, "3", "Unified", "8192K", "0-7"),
    }),
    {
      governor: "powersave",
      hypervisor: "none",
      load: [0.08, 0.03, 0.05],
      cpuset: "0-7",
      caches: [
        { level: 1, kind: "data", bytes: 2 ** 15, sharedBy: 2 },
        { level: 1, kind: "code", bytes: 2 ** 15, sharedBy: 2 },
        { level: 2, kind: "both", bytes: 2 ** 18, sharedBy: 2 },
        { level: 3, kind: "both", bytes: 2 ** 23, sharedBy: 8 },
      ],
    },
  );
});

Deno.test("systemState() takes the strictest limit of a group of version 2 and those above it", () => {
  const groups = "0::/kubepods.slice/pod1.slice/crio-2.scope\n";
  const files = {
    "/proc/self/cgroup": groups,
    "/sys/fs/cgroup/kubepods.slice/pod1.slice/crio-2.scope/cpu.max": "400000 100000\n",
    "/sys/fs/cgroup/kubepods.slice/pod1.slice/cpu.max": "150000 100000\n",
    "/sys/fs/cgroup/kubepods.slice/cpu.max": "max 100000\n",
    "/sys/fs/cgroup/kubepods.slice/pod1.slice/cpuset.cpus.effective": "2-3\n",
    "/sys/fs/cgroup/cpuset.cpus.effective": "0-63\n",
  };
  assertEquals(stateOf(files), { cpuQuota: 1.5, cpuset: "2-3" });
});

Deno.test("systemState() reads a container of version 2, whose root is its own group", () => {
  const files = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n" };
  assertEquals(stateOf(files), { cpuQuota: 0.5 });
});

Deno.test("systemState() reads groups of version 1, also where the paths are the host's", () => {
  const groups = "9:name=systemd:/\n4:cpu,cpuacct:/docker/3fa9\n3:cpuset:/docker/3fa9\n0::/\n";
  const root = within("/sys/fs/cgroup/cpu,cpuacct", {
    "cpu.cfs_quota_us": "250000\n",
    "cpu.cfs_period_us": "100000\n",
  });
  const cpuset = { "/sys/fs/cgroup/cpuset/cpuset.cpus": "0,2-5\n" };
  assertEquals(stateOf({ "/proc/self/cgroup": groups, ...root, ...cpuset }), {
    cpuQuota: 2.5,
    cpuset: "0,2-5",
  });
  const own = within("/sys/fs/cgroup/cpu/docker/3fa9", {
    "cpu.cfs_quota_us": "100000\n",
    "cpu.cfs_period_us": "100000\n",
  });
  assertEquals(stateOf({ "/proc/self/cgroup": groups, ...root, ...own }).cpuQuota, 1);
  const none = { ...root, "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n" };
  assertEquals(stateOf({ "/proc/self/cgroup": groups, ...none }), {});
});

Deno.test("systemState() names the hypervisor of a virtual machine on x86, on Xen and on aarch64", () => {
  const x86 = { "/proc/cpuinfo": "flags\t\t: fpu rdrand hypervisor lahf_lm\n" };
  assertEquals(stateOf(x86).hypervisor, "of unknown kind");
  const dmi = within("/sys/class/dmi/id", {
    sys_vendor: "Amazon EC2\n",
    product_name: "m7i.large\n",
  });
  assertEquals(stateOf({ ...x86, ...dmi }).hypervisor, "Amazon EC2 m7i.large");
  assertEquals(stateOf({ "/sys/hypervisor/type": "xen\n" }).hypervisor, "xen");
  const tree = { "/proc/device-tree/hypervisor/compatible": "linux,kvm\0" };
  assertEquals(stateOf(tree).hypervisor, "linux,kvm");
  // A vendor's name alone says nothing of a hypervisor.
  const bare = { "/proc/cpuinfo": "flags\t\t: fpu sse2\n", ...dmi };
  assertEquals(stateOf(bare).hypervisor, "none");
});

Deno.test("systemState() reads an aarch64 board with governors that differ and caches without sizes", () => {
  const files = {
    ...governor(0, "schedutil"),
    ...governor(1, "performance"),
    // Of aarch64: no flags, so nothing is known of a hypervisor.
    "/proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd aes\nCPU implementer\t: 0x41\n",
    ...cache(0, "1", "Data", "64K", "0"),
    "/sys/devices/system/cpu/cpu0/cache/index1/level": "1\n",
    "/sys/devices/system/cpu/cpu0/cache/index1/type": "Instruction\n",
    ...cache(2, "2", "Unified", "1M", "0-3"),
  };
  assertEquals(stateOf(files), {
    governor: "performance, schedutil",
    caches: [
      { level: 1, kind: "data", bytes: 2 ** 16, sharedBy: 1 },
      { level: 2, kind: "both", bytes: 2 ** 20, sharedBy: 4 },
    ],
  });
});

Deno.test("systemState() is empty where there is nothing, and where texts are odd", () => {
  assertEquals(stateOf({}), {});
  const odd = {
    "/proc/loadavg": "busy",
    "/proc/self/cgroup": "what\n0::relative\n:::\n",
    "/proc/self/status": "Cpus_allowed_list:\tall\n",
    "/sys/fs/cgroup/cpu.max": "0 0\n",
    "/proc/cpuinfo": "",
    ...governor(0, ""),
    ...cache(0, "one", "Data", "32K", "0"),
    ...cache(1, "1", "Data", "-32K", "0"),
    ...cache(2, "1", "toString", "32K", "0"),
  };
  assertEquals(stateOf(odd), {});
});

Deno.test("parseLoad() and countOfList() refuse what is none", () => {
  assertEquals(["1 2", "1 2 x", "-1 2 3", "\n"].map(parseLoad), [null, null, null, null]);
  assertEquals(["", "3-", "0-3,", "3-1", "0-0"].map(countOfList), [0, 0, 0, 0, 1]);
});
