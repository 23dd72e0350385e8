struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

fn load_b(row: u32, col: u32) -> vec4f {
  if (row >= p.k || col >= p.n) { return vec4f(); }
  let at = row * p.stride_b + col;
  let left = p.n - col;
  var four = vec4f();
  four.x = b[at];
  if (left > 1u) { four.y = b[at + 1u]; }
  if (left > 2u) { four.z = b[at + 2u]; }
  if (left > 3u) { four.w = b[at + 3u]; }
  return four;
}
fn finish(row: u32, col: u32, sum: vec4f, piece: u32) {
  if (row >= p.m || col >= p.n) { return; }
  y[(piece * p.m + row) * ((p.n + 3u) >> 2u) + (col >> 2u)] = sum;
}

var<workgroup> partial: array<vec4f, 1024>;

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.tiles) { return; }
  let col = (index * 16u + local.x) * 4u;
  let first = group.z * p.chunk;
  let last = min(p.k, first + p.chunk);
  var acc0 = vec4f();
  var acc1 = vec4f();
  var acc2 = vec4f();
  var acc3 = vec4f();
  for (var i = first + local.y; i < last; i += 64u) {
    let b0 = load_b(i + 0u, col);
    let b1 = load_b(i + 16u, col);
    let b2 = load_b(i + 32u, col);
    let b3 = load_b(i + 48u, col);
    if (i + 0u < p.k) {
      acc0 = fma(vec4f(a[min(0u, p.m - 1u) * p.stride_a + i + 0u]), b0, acc0);
      acc1 = fma(vec4f(a[min(1u, p.m - 1u) * p.stride_a + i + 0u]), b0, acc1);
      acc2 = fma(vec4f(a[min(2u, p.m - 1u) * p.stride_a + i + 0u]), b0, acc2);
      acc3 = fma(vec4f(a[min(3u, p.m - 1u) * p.stride_a + i + 0u]), b0, acc3);
    }
    if (i + 16u < p.k) {
      acc0 = fma(vec4f(a[min(0u, p.m - 1u) * p.stride_a + i + 16u]), b1, acc0);
      acc1 = fma(vec4f(a[min(1u, p.m - 1u) * p.stride_a + i + 16u]), b1, acc1);
      acc2 = fma(vec4f(a[min(2u, p.m - 1u) * p.stride_a + i + 16u]), b1, acc2);
      acc3 = fma(vec4f(a[min(3u, p.m - 1u) * p.stride_a + i + 16u]), b1, acc3);
    }
    if (i + 32u < p.k) {
      acc0 = fma(vec4f(a[min(0u, p.m - 1u) * p.stride_a + i + 32u]), b2, acc0);
      acc1 = fma(vec4f(a[min(1u, p.m - 1u) * p.stride_a + i + 32u]), b2, acc1);
      acc2 = fma(vec4f(a[min(2u, p.m - 1u) * p.stride_a + i + 32u]), b2, acc2);
      acc3 = fma(vec4f(a[min(3u, p.m - 1u) * p.stride_a + i + 32u]), b2, acc3);
    }
    if (i + 48u < p.k) {
      acc0 = fma(vec4f(a[min(0u, p.m - 1u) * p.stride_a + i + 48u]), b3, acc0);
      acc1 = fma(vec4f(a[min(1u, p.m - 1u) * p.stride_a + i + 48u]), b3, acc1);
      acc2 = fma(vec4f(a[min(2u, p.m - 1u) * p.stride_a + i + 48u]), b3, acc2);
      acc3 = fma(vec4f(a[min(3u, p.m - 1u) * p.stride_a + i + 48u]), b3, acc3);
    }
  }
  partial[0u + lane] = acc0;
  partial[256u + lane] = acc1;
  partial[512u + lane] = acc2;
  partial[768u + lane] = acc3;
  workgroupBarrier();
  if (local.y < 4u) {
    let start = local.y * 256u + local.x;
    var sum = partial[start];
    for (var j = 1u; j < 16u; j++) { sum += partial[start + j * 16u]; }
    finish(local.y, col, sum, group.z);
  }
}
