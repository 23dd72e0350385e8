struct Parameters { m: u32, n: u32, k: u32, stride_a: u32, stride_b: u32, tiles_n: u32, tiles: u32, chunk: u32, bias: u32, accumulate: u32, activation: u32, stride_y: u32 }
@group(0) @binding(0) var<uniform> p: Parameters;
@group(0) @binding(1) var<storage, read> z: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

var<workgroup> shared_values: array<f32, 64>;

struct Reduced { n: vec4i, p: vec4f }

// e^(x + low) = 2^n (1 + p), for |x| <= 200; low is small.
fn reduced(x: vec4f, low: vec4f) -> Reduced {
  let n = round(x * 1.4426950216293335);
  // ln 2 in two parts, the first of 16 bits, so that its multiples are exact.
  let r = ((x - n * 0.693145751953125) - n * 1.4286067653e-6) + low;
  return Reduced(vec4i(n), r + r * r * (((((0.00019841270113829523 * r + 0.0013888889225199819) * r + 0.008333333767950535) * r + 0.0416666679084301) * r + 0.1666666716337204) * r + 0.5));
}

fn power_of_two(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + vec4i(127)) << vec4u(23u));
}

// f e^(x + low), scaled in two steps, so that it is flushed to 0 only where the result itself is too small.
fn scaled_exp(f: vec4f, x: vec4f, low: vec4f) -> vec4f {
  let e = reduced(clamp(x, vec4f(-160.0), vec4f(100.0)), low);
  let half = e.n >> vec4u(1u);
  let s = f * power_of_two(half);
  return (s + s * e.p) * power_of_two(e.n - half);
}

fn exp_of(x: vec4f) -> vec4f {
  return scaled_exp(vec4f(1.0), x, vec4f());
}

// e^x - 1 for x <= 0, to full relative accuracy near 0.
fn exp_less_one(x: vec4f) -> vec4f {
  let e = reduced(max(x, vec4f(-40.0)), vec4f());
  let s = power_of_two(e.n);
  return s * e.p + (s - vec4f(1.0));
}

// log(1 + x) for x in [0, 1]: 2 atanh(x/(2 + x)).
fn log_one_plus(x: vec4f) -> vec4f {
  let s = x / (x + vec4f(2.0));
  let q = s * s;
  let series = s * (((((((0.13333334028720856 * q + 0.1538461595773697) * q + 0.1818181872367859) * q + 0.2222222238779068) * q + 0.2857142984867096) * q + 0.4000000059604645) * q + 0.6666666865348816) * q + 2.0);
  return select(series, x * (vec4f(1.0) - x * (vec4f(0.5) - x * 0.33333334)), x < vec4f(1e-3));
}

// The upper 12 bits of the mantissa: two such multiply exactly.
fn upper(x: vec4f) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(x) & vec4u(0xfffff000u));
}

// f e^(-a²/2) for a in [0, 20].
fn scaled_density(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  return scaled_exp(f, -0.5 * high * high, -0.5 * low * (a + high));
}

// f Φ(-a) for a in [0, 20]: e^(-w²) t Q(t)/2 with w = a/√2 and t = 1/(1 + w/2).
fn scaled_tail(f: vec4f, a: vec4f) -> vec4f {
  let t = vec4f(1.0) / (vec4f(1.0) + a * 0.3535533845424652);
  let s = t * 2.3636362552642822 - vec4f(1.3636363744735718);
  let q = ((((((((((((-2.5430864525333163e-7 * s + -0.000002334431883355137) * s + 0.000007030898814264219) * s + 0.000012884312127425801) * s + -0.00007680275302845985) * s + 0.000008455450370092876) * s + 0.0006530269747599959) * s + -0.0007257387624122202) * s + -0.006488965358585119) * s + 0.006636759266257286) * s + 0.10490060597658157) * s + 0.32805803418159485) * s + 0.5670173168182373);
  return scaled_density(f * 0.5 * t * q, a);
}

// f e^(-(αa + βa³)) for a in [0, 12], the argument in two parts: it is as large as 88 where the result is not yet 0.
fn scaled_gate(f: vec4f, a: vec4f) -> vec4f {
  let high = upper(a);
  let low = a - high;
  let square = upper(a * a);
  let rest = (high * high - square) + low * (a + high);
  let cubic = square * 18.265625;
  let slope_high = floor(cubic) * 0.00390625 + vec4f(1.59375);
  let slope_low = fract(cubic) * 0.00390625 + (rest * 0.07135481387376785 + (square * 0.000004718616310128709 + vec4f(0.0020191215444356203)));
  return scaled_exp(f, -(slope_high * high), -(slope_high * low + slope_low * a));
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.x + group.y * groups.x;
  let row = index * 8u + local.y;
  let start = row * p.n;
  let columns = select(0u, p.n, row < p.m);
  var best = -3.4028234e38;
  for (var j = local.x; j < columns; j += 8u) {
    best = max(best, z[start + j]);
  }
  shared_values[lane] = best;
  workgroupBarrier();
  if (local.x < 4u) { shared_values[lane] = max(shared_values[lane], shared_values[lane + 4u]); }
  workgroupBarrier();
  if (local.x < 2u) { shared_values[lane] = max(shared_values[lane], shared_values[lane + 2u]); }
  workgroupBarrier();
  if (local.x < 1u) { shared_values[lane] = max(shared_values[lane], shared_values[lane + 1u]); }
  workgroupBarrier();
  let largest = shared_values[local.y * 8u];
  workgroupBarrier();
  var sum = 0.0;
  for (var j = local.x; j < columns; j += 8u) {
    let shifted = 2.0 * max(0.5 * z[start + j] - 0.5 * largest, -80.0);
    let e = exp_of(vec4f(shifted)).x;
    y[start + j] = e;
    sum += e;
  }
  shared_values[lane] = sum;
  workgroupBarrier();
  if (local.x < 4u) { shared_values[lane] = shared_values[lane] + shared_values[lane + 4u]; }
  workgroupBarrier();
  if (local.x < 2u) { shared_values[lane] = shared_values[lane] + shared_values[lane + 2u]; }
  workgroupBarrier();
  if (local.x < 1u) { shared_values[lane] = shared_values[lane] + shared_values[lane + 1u]; }
  workgroupBarrier();
  let total = shared_values[local.y * 8u];
  workgroupBarrier();
  for (var j = local.x; j < columns; j += 8u) {
    y[start + j] = y[start + j] / total;
  }
}
