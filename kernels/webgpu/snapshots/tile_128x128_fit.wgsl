struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

fn load_a(row: u32, col: u32) -> vec4f {
  return a[(row * p.stride_a + col) >> 2u];
}
fn load_b(row: u32, col: u32) -> vec4f {
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
  let at = row * p.stride_y + col;
  var value = sum;
  if (p.bias == 1u) { value += bias[col >> 2u]; }
  if (p.bias == 2u) { value += vec4f(bias[0].x); }
  if (p.accumulate != 0u) { value += y[at >> 2u]; }
  value = activation(value);
  y[at >> 2u] = value;
}

var<workgroup> tile_a: array<vec4f, 512>;
var<workgroup> tile_b: array<vec4f, 512>;

@compute @workgroup_size(16, 16)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  if (index >= p.tiles) { return; }
  let row0 = index / p.tiles_n * 128u;
  let col0 = index % p.tiles_n * 128u;
  let first = group.z * p.chunk;
  let last = min(p.k, first + p.chunk);
  var acc0_0 = vec4f();
  var acc0_1 = vec4f();
  var acc1_0 = vec4f();
  var acc1_1 = vec4f();
  var acc2_0 = vec4f();
  var acc2_1 = vec4f();
  var acc3_0 = vec4f();
  var acc3_1 = vec4f();
  var acc4_0 = vec4f();
  var acc4_1 = vec4f();
  var acc5_0 = vec4f();
  var acc5_1 = vec4f();
  var acc6_0 = vec4f();
  var acc6_1 = vec4f();
  var acc7_0 = vec4f();
  var acc7_1 = vec4f();
  for (var k0 = first; k0 < last; k0 += 16u) {
    {
      let at = lane + 0u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 256u;
      tile_a[at] = load_a(row0 + at / 4u, k0 + at % 4u * 4u);
    }
    {
      let at = lane + 0u;
      tile_b[at] = load_b(k0 + at / 32u, col0 + at % 32u * 4u);
    }
    {
      let at = lane + 256u;
      tile_b[at] = load_b(k0 + at / 32u, col0 + at % 32u * 4u);
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k += 8u) {
      {
        let a0 = tile_a[(local.y * 8u + 0u) * 4u + 0u + (k >> 2u)];
        let a1 = tile_a[(local.y * 8u + 1u) * 4u + 0u + (k >> 2u)];
        let a2 = tile_a[(local.y * 8u + 2u) * 4u + 0u + (k >> 2u)];
        let a3 = tile_a[(local.y * 8u + 3u) * 4u + 0u + (k >> 2u)];
        let a4 = tile_a[(local.y * 8u + 4u) * 4u + 0u + (k >> 2u)];
        let a5 = tile_a[(local.y * 8u + 5u) * 4u + 0u + (k >> 2u)];
        let a6 = tile_a[(local.y * 8u + 6u) * 4u + 0u + (k >> 2u)];
        let a7 = tile_a[(local.y * 8u + 7u) * 4u + 0u + (k >> 2u)];
        {
          let b0 = tile_b[0u + k * 32u + local.x + 0u];
          let b1 = tile_b[0u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.x), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.x), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.x), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.x), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.x), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.x), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.x), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.x), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.x), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.x), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.x), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.x), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.x), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.x), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.x), b1, acc7_1);
        }
        {
          let b0 = tile_b[32u + k * 32u + local.x + 0u];
          let b1 = tile_b[32u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.y), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.y), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.y), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.y), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.y), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.y), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.y), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.y), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.y), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.y), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.y), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.y), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.y), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.y), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.y), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.y), b1, acc7_1);
        }
        {
          let b0 = tile_b[64u + k * 32u + local.x + 0u];
          let b1 = tile_b[64u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.z), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.z), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.z), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.z), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.z), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.z), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.z), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.z), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.z), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.z), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.z), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.z), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.z), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.z), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.z), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.z), b1, acc7_1);
        }
        {
          let b0 = tile_b[96u + k * 32u + local.x + 0u];
          let b1 = tile_b[96u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.w), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.w), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.w), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.w), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.w), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.w), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.w), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.w), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.w), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.w), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.w), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.w), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.w), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.w), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.w), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.w), b1, acc7_1);
        }
      }
      {
        let a0 = tile_a[(local.y * 8u + 0u) * 4u + 1u + (k >> 2u)];
        let a1 = tile_a[(local.y * 8u + 1u) * 4u + 1u + (k >> 2u)];
        let a2 = tile_a[(local.y * 8u + 2u) * 4u + 1u + (k >> 2u)];
        let a3 = tile_a[(local.y * 8u + 3u) * 4u + 1u + (k >> 2u)];
        let a4 = tile_a[(local.y * 8u + 4u) * 4u + 1u + (k >> 2u)];
        let a5 = tile_a[(local.y * 8u + 5u) * 4u + 1u + (k >> 2u)];
        let a6 = tile_a[(local.y * 8u + 6u) * 4u + 1u + (k >> 2u)];
        let a7 = tile_a[(local.y * 8u + 7u) * 4u + 1u + (k >> 2u)];
        {
          let b0 = tile_b[128u + k * 32u + local.x + 0u];
          let b1 = tile_b[128u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.x), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.x), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.x), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.x), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.x), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.x), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.x), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.x), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.x), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.x), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.x), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.x), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.x), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.x), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.x), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.x), b1, acc7_1);
        }
        {
          let b0 = tile_b[160u + k * 32u + local.x + 0u];
          let b1 = tile_b[160u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.y), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.y), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.y), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.y), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.y), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.y), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.y), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.y), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.y), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.y), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.y), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.y), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.y), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.y), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.y), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.y), b1, acc7_1);
        }
        {
          let b0 = tile_b[192u + k * 32u + local.x + 0u];
          let b1 = tile_b[192u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.z), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.z), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.z), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.z), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.z), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.z), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.z), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.z), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.z), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.z), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.z), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.z), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.z), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.z), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.z), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.z), b1, acc7_1);
        }
        {
          let b0 = tile_b[224u + k * 32u + local.x + 0u];
          let b1 = tile_b[224u + k * 32u + local.x + 16u];
          acc0_0 = fma(vec4f(a0.w), b0, acc0_0);
          acc0_1 = fma(vec4f(a0.w), b1, acc0_1);
          acc1_0 = fma(vec4f(a1.w), b0, acc1_0);
          acc1_1 = fma(vec4f(a1.w), b1, acc1_1);
          acc2_0 = fma(vec4f(a2.w), b0, acc2_0);
          acc2_1 = fma(vec4f(a2.w), b1, acc2_1);
          acc3_0 = fma(vec4f(a3.w), b0, acc3_0);
          acc3_1 = fma(vec4f(a3.w), b1, acc3_1);
          acc4_0 = fma(vec4f(a4.w), b0, acc4_0);
          acc4_1 = fma(vec4f(a4.w), b1, acc4_1);
          acc5_0 = fma(vec4f(a5.w), b0, acc5_0);
          acc5_1 = fma(vec4f(a5.w), b1, acc5_1);
          acc6_0 = fma(vec4f(a6.w), b0, acc6_0);
          acc6_1 = fma(vec4f(a6.w), b1, acc6_1);
          acc7_0 = fma(vec4f(a7.w), b0, acc7_0);
          acc7_1 = fma(vec4f(a7.w), b1, acc7_1);
        }
      }
    }
    workgroupBarrier();
  }
  var sums = array(acc0_0, acc0_1, acc1_0, acc1_1, acc2_0, acc2_1, acc3_0, acc3_1, acc4_0, acc4_1, acc5_0, acc5_1, acc6_0, acc6_1, acc7_0, acc7_1);
  for (var i = 0u; i < 16u; i++) {
    finish(row0 + local.y * 8u + i / 2u, col0 + (local.x + i % 2u * 16u) * 4u, sums[i]);
  }
}
