struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;

var<workgroup> shared_values: array<f32, 64>;

@compute @workgroup_size(1, 64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let row = index * 64u + local.y;
  let start = row * p.n;
  let columns = select(0u, p.n, row < p.m);
  var sum = 0.0;
  for (var j = local.x; j < columns; j += 1u) {
    sum += dy[start + j] * y[start + j];
  }
  shared_values[lane] = sum;
  workgroupBarrier();
  let total = shared_values[local.y * 1u];
  workgroupBarrier();
  for (var j = local.x; j < columns; j += 1u) {
    dz[start + j] = y[start + j] * (dy[start + j] - total);
  }
}
