struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

fn load_a(row: u32, col: u32) -> vec4f {
  if (row >= p.m || col >= p.k) { return vec4f(); }
  let at = row * p.stride_a + col;
  let left = p.k - col;
  var four = vec4f();
  four.x = a[at];
  if (left > 1u) { four.y = a[at + 1u]; }
  if (left > 2u) { four.z = a[at + 2u]; }
  if (left > 3u) { four.w = a[at + 3u]; }
  return four;
}
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
  value = activation(value);
  y[at] = value.x;
  if (col + 1u < p.n) { y[at + 1u] = value.y; }
  if (col + 2u < p.n) { y[at + 2u] = value.z; }
  if (col + 3u < p.n) { y[at + 3u] = value.w; }
}

var<workgroup> tile_a: array<vec4f, 128>;
var<workgroup> tile_b: array<vec4f, 128>;

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.tiles) { return; }
  let row0 = index / p.tiles_n * 32u;
  let col0 = index % p.tiles_n * 32u;
  let first = group.z * p.chunk;
  let last = min(p.k, first + p.chunk);
  var acc0_0 = vec4f();
  var acc1_0 = vec4f();
  var acc2_0 = vec4f();
  var acc3_0 = vec4f();
  for (var k0 = first; k0 < last; k0 += 16u) {
    {
      let at = lane + 0u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 64u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 0u;
      tile_b[at] = load_b(k0 + at / 8u, col0 + at % 8u * 4u);
    }
    {
      let at = lane + 64u;
      tile_b[at] = load_b(k0 + at / 8u, col0 + at % 8u * 4u);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k += 4u) {
      {
        let a0 = tile_a[(local.y * 4u + 0u) * 4u + 0u + (k >> 2u)];
        let a1 = tile_a[(local.y * 4u + 1u) * 4u + 0u + (k >> 2u)];
        let a2 = tile_a[(local.y * 4u + 2u) * 4u + 0u + (k >> 2u)];
        let a3 = tile_a[(local.y * 4u + 3u) * 4u + 0u + (k >> 2u)];
        {
          let b0 = tile_b[0u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.x), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.x), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.x), b0, acc3_0);
        }
        {
          let b0 = tile_b[8u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.y), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.y), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.y), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.y), b0, acc3_0);
        }
        {
          let b0 = tile_b[16u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.z), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.z), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.z), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.z), b0, acc3_0);
        }
        {
          let b0 = tile_b[24u + k * 8u + local.x + 0u];
          acc0_0 = fma(vec4f(a0.w), b0, acc0_0);
          acc1_0 = fma(vec4f(a1.w), b0, acc1_0);
          acc2_0 = fma(vec4f(a2.w), b0, acc2_0);
          acc3_0 = fma(vec4f(a3.w), b0, acc3_0);
        }
      }
    }
    workgroupBarrier();
  }
  var sums = array(acc0_0, acc1_0, acc2_0, acc3_0);
  for (var i = 0u; i < 4u; i++) {
    finish(row0 + local.y * 4u + i / 1u, col0 + (local.x + i % 1u * 8u) * 4u, sums[i]);
  }
}
