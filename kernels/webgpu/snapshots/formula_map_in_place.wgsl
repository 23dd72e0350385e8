struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32, numbers: array<vec4f, 1> }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> in1: array<f32>;
@group(0) @binding(2) var<storage, read_write> out0: array<vec4f>;

fn is_nan(a: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(a) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

// y, or the argument where that is NaN.
fn or_nan(a: vec4f, y: vec4f) -> vec4f {
  return select(y, a, is_nan(a));
}

// Not a constant, which must be finite.
fn infinity(a: vec4f) -> vec4f {
  return bitcast<vec4f>((bitcast<vec4u>(a) & vec4u(0u)) | vec4u(0x7f800000u));
}

fn larger(a: vec4f, b: vec4f) -> vec4f {
  return or_nan(b, or_nan(a, select(a, b, a < b)));
}

fn smaller(a: vec4f, b: vec4f) -> vec4f {
  return or_nan(b, or_nan(a, select(a, b, b < a)));
}

fn sign_of(a: vec4f) -> vec4f {
  let positive = select(vec4f(), vec4f(1.0), a > vec4f());
  return or_nan(a, select(positive, vec4f(-1.0), a < vec4f()));
}

// WGSL says nothing of divisors beyond 2^126, whose reciprocal is subnormal.
fn quotient(a: vec4f, b: vec4f) -> vec4f {
  let s = select(vec4f(1.0), vec4f(0.0625), abs(b) > vec4f(1.0633824e37));
  return (a * s) / (b * s);
}

// 2 atanh(f/(2 + f)) = log(1 + f) for f in [-0.5, 1].
fn log_series(f: vec4f) -> vec4f {
  let s = f / (f + vec4f(2.0));
  let q = s * s;
  // Half of a small f may be flushed.
  return select(s * (((((((0.13333334028720856 * q + 0.1538461595773697) * q + 0.1818181872367859) * q + 0.2222222238779068) * q + 0.2857142984867096) * q + 0.4000000059604645) * q + 0.6666666865348816) * q + 2.0), f, abs(f) < vec4f(1e-8));
}

fn log_of(x: vec4f) -> vec4f {
  let small = x < vec4f(1.1754944e-38);
  let bits = bitcast<vec4i>(select(x, x * 16777216.0, small)) - vec4i(0x3f3504f3);
  let f = bitcast<vec4f>((bits & vec4i(0x7fffff)) + vec4i(0x3f3504f3)) - vec4f(1.0);
  let n = vec4f(bits >> vec4u(23u)) - select(vec4f(), vec4f(24.0), small);
  let value = n * 0.693145751953125 + (n * 1.4286067653e-6 + log_series(f));
  let inf = infinity(x);
  let positive = select(value, -inf, x == vec4f());
  return or_nan(x, select(select(positive, x, x == inf), inf - inf, x < vec4f()));
}

fn log1p_of(x: vec4f) -> vec4f {
  let near = (x >= vec4f(-0.5)) & (x <= vec4f(1.0));
  return or_nan(x, select(log_of(vec4f(1.0) + x), log_series(select(vec4f(), x, near)), near));
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
  if (at >= p.m) { return; }
  let flat = min(vec4u(at << 2u) + vec4u(0u, 1u, 2u, 3u), vec4u(p.k - 1u));
  let row = flat / vec4u(p.n);
  let column = flat - row * p.n;
  let s0 = out0[at];
  let s1 = vec4f(p.numbers[0].y);
  let s2 = log_of(s0);
  let s3 = vec4f(p.numbers[0].x);
  let s4 = vec4f(in1[row.x], in1[row.y], in1[row.z], in1[row.w]);
  let s5 = s3 * s4;
  let s6 = vec4f(p.numbers[0].z);
  let s7 = s5 + s6;
  let s8 = select(s7, s2, s0 < s1);
  out0[at] = s8;
}
