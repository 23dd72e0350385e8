struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

fn load_a(row: u32, col: u32) -> vec4f {
  if (row >= p.m || col >= p.k) { return vec4f(); }
  return a[(row * p.stride_a + col) >> 2u];
}
fn load_b(row: u32, col: u32) -> vec4f {
  if (row >= p.n || col >= p.k) { return vec4f(); }
  return b[(row * p.stride_b + col) >> 2u];
}
fn relu_of(z: vec4f) -> vec4f {
  return max(z, vec4f());
}

fn activation(z: vec4f) -> vec4f {
  switch p.activation {
    case 1u: { return relu_of(z); }
    default: { return z; }
  }
}

fn finish(row: u32, col: u32, sum: vec4f) {
  if (row >= p.m || col >= p.n) { return; }
  let at = row * p.stride_y + col;
  var value = sum;
  if (p.bias == 1u) { value += bias[col >> 2u]; }
  if (p.bias == 2u) { value += vec4f(bias[0].x); }
  if (p.accumulate != 0u) { value += y[at >> 2u]; }
  value = activation(value);
  y[at >> 2u] = value;
}

var<workgroup> partial: array<f32, 256>;

@compute @workgroup_size(32, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.tiles) { return; }
  let col = index * 8u + local.y;
  let first = group.z * p.chunk;
  let last = min(p.k, first + p.chunk);
  var acc0 = vec4f();
  for (var i = first + local.x * 4u; i < last; i += 128u) {
    let b0 = load_b(col, i);
    acc0 = fma(load_a(0u, i), b0, acc0);
  }
  partial[0u + lane] = (acc0.x + acc0.y) + (acc0.z + acc0.w);
  workgroupBarrier();
  if (local.x < 16u) {
    partial[0u + lane] += partial[0u + lane + 16u];
  }
  workgroupBarrier();
  if (local.x < 8u) {
    partial[0u + lane] += partial[0u + lane + 8u];
  }
  workgroupBarrier();
  if (local.x < 4u) {
    partial[0u + lane] += partial[0u + lane + 4u];
  }
  workgroupBarrier();
  if (local.x < 2u) {
    partial[0u + lane] += partial[0u + lane + 2u];
  }
  workgroupBarrier();
  if (local.x < 1u) {
    partial[0u + lane] += partial[0u + lane + 1u];
  }
  workgroupBarrier();
  if (lane < 2u) {
    let row = lane / 2u;
    let quad = lane % 2u;
    let start = row * 256u + quad * 128u;
    finish(row, index * 8u + quad * 4u, vec4f(partial[start + 0u], partial[start + 32u], partial[start + 64u], partial[start + 96u]));
  }
}
