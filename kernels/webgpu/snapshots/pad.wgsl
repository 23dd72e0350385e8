struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

fn element(row: u32, col: u32) -> f32 {
  if (col >= p.n) { return 0.0; }
  return input[row * p.n + col];
}

@compute @workgroup_size(64, 1)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let at = index * 64u + lane;
  if (at >= p.k) { return; }
  let row = at * 4u / p.stride_b;
  let col = at * 4u % p.stride_b;
  output[at] = vec4f(element(row, col), element(row, col + 1u), element(row, col + 2u), element(row, col + 3u));
}
