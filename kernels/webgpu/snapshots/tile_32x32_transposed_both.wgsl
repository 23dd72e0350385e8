struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

fn load_a(row: u32, col: u32) -> vec4f {
  if (row >= p.k || col >= p.m) { return vec4f(); }
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
      tile_a[at] = load_a(k0 + at / 8u, row0 + at % 8u * 4u);
    }
    {
      let at = lane + 64u;
      tile_a[at] = load_a(k0 + at / 8u, row0 + at % 8u * 4u);
    }
    if (lane + 0u < 32u) {
      let at = lane + 0u;
      let col = at / 4u;
      let depth = at % 4u * 4u;
      let b0 = load_b(col0 + col * 4u + 0u, k0 + depth);
      let b1 = load_b(col0 + col * 4u + 1u, k0 + depth);
      let b2 = load_b(col0 + col * 4u + 2u, k0 + depth);
      let b3 = load_b(col0 + col * 4u + 3u, k0 + depth);
      tile_b[(depth + 0u) * 8u + col] = vec4f(b0.x, b1.x, b2.x, b3.x);
      tile_b[(depth + 1u) * 8u + col] = vec4f(b0.y, b1.y, b2.y, b3.y);
      tile_b[(depth + 2u) * 8u + col] = vec4f(b0.z, b1.z, b2.z, b3.z);
      tile_b[(depth + 3u) * 8u + col] = vec4f(b0.w, b1.w, b2.w, b3.w);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k += 4u) {
      {
        let a0 = tile_a[0u + k * 8u + local.y * 1u + 0u];
        let b0 = tile_b[0u + k * 8u + local.x + 0u];
        acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
        acc1_0 = fma(vec4f(a0.y), b0, acc1_0);
        acc2_0 = fma(vec4f(a0.z), b0, acc2_0);
        acc3_0 = fma(vec4f(a0.w), b0, acc3_0);
      }
      {
        let a0 = tile_a[8u + k * 8u + local.y * 1u + 0u];
        let b0 = tile_b[8u + k * 8u + local.x + 0u];
        acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
        acc1_0 = fma(vec4f(a0.y), b0, acc1_0);
        acc2_0 = fma(vec4f(a0.z), b0, acc2_0);
        acc3_0 = fma(vec4f(a0.w), b0, acc3_0);
      }
      {
        let a0 = tile_a[16u + k * 8u + local.y * 1u + 0u];
        let b0 = tile_b[16u + k * 8u + local.x + 0u];
        acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
        acc1_0 = fma(vec4f(a0.y), b0, acc1_0);
        acc2_0 = fma(vec4f(a0.z), b0, acc2_0);
        acc3_0 = fma(vec4f(a0.w), b0, acc3_0);
      }
      {
        let a0 = tile_a[24u + k * 8u + local.y * 1u + 0u];
        let b0 = tile_b[24u + k * 8u + local.x + 0u];
        acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
        acc1_0 = fma(vec4f(a0.y), b0, acc1_0);
        acc2_0 = fma(vec4f(a0.z), b0, acc2_0);
        acc3_0 = fma(vec4f(a0.w), b0, acc3_0);
      }
    }
    workgroupBarrier();
  }
  var sums = array(acc0_0, acc1_0, acc2_0, acc3_0);
  for (var i = 0u; i < 4u; i++) {
    finish(row0 + local.y * 4u + i / 1u, col0 + (local.x + i % 1u * 8u) * 4u, sums[i]);
  }
}
