struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> sums: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> z: array<f32>;

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
  if (p.bias == 1u) { value += vec4f(bias[col], select(0.0, bias[col + 1u], col + 1u < p.n), select(0.0, bias[col + 2u], col + 2u < p.n), select(0.0, bias[col + 3u], col + 3u < p.n)); }
  if (p.bias == 2u) { value += vec4f(bias[0]); }
  if (p.accumulate != 0u) { value += vec4f(y[at], select(0.0, y[at + 1u], col + 1u < p.n), select(0.0, y[at + 2u], col + 2u < p.n), select(0.0, y[at + 3u], col + 3u < p.n)); }
  z[at] = value.x;
  if (col + 1u < p.n) { z[at + 1u] = value.y; }
  if (col + 2u < p.n) { z[at + 2u] = value.z; }
  if (col + 3u < p.n) { z[at + 3u] = value.w; }
  value = activation(value);
  y[at] = value.x;
  if (col + 1u < p.n) { y[at + 1u] = value.y; }
  if (col + 2u < p.n) { y[at + 2u] = value.z; }
  if (col + 3u < p.n) { y[at + 3u] = value.w; }
}

@compute @workgroup_size(64, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let quads = (p.n + 3u) >> 2u;
  let at = index * 64u + lane;
  if (at >= p.m * quads) { return; }
  var sum = sums[at];
  for (var i = 1u; i < p.k; i++) { sum += sums[at + i * (p.m * quads)]; }
  finish(at / quads, at % quads * 4u, sum);
}
